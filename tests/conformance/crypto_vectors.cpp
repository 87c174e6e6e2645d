// SPDX-License-Identifier: Apache-2.0
/// Holds the words of hal/crypto.hpp and the core's HMAC to published vectors, one a line of a
/// file (vectors/wycheproof.txt says how they are spelled).
///
/// These vectors were made to find what a few examples do not: limbs that overflow, points of small
/// order and their twins, signatures with a second form, tags that differ in one bit.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/text.hpp"
#include "core/crypto/hmac.hpp"
#include "hal/crypto.hpp"

namespace grafos {
namespace {

using Words = std::vector<std::string>;

/// Any number of bytes; a spelling error ends the program.
[[nodiscard]] std::vector<uint8_t> bytes_in(const std::string& word) {
    std::vector<uint8_t> bytes(word == "-" ? 0 : word.size() / 2);
    if (word != "-" && !parse_hex(word, bytes, Field::hex).is_ok()) {
        std::cerr << "crypto_vectors: not hexadecimal: " << word << '\n';
        std::exit(2);
    }
    return bytes;
}

/// Exactly as many bytes as the type has; a vector of another length is not of this kind.
template <typename Array>
[[nodiscard]] bool read(const std::string& word, Array& to) {
    const std::vector<uint8_t> bytes = bytes_in(word);
    if (bytes.size() != to.size()) {
        return false;
    }
    copy_bytes(to, bytes);
    return true;
}

/// Each answers whether the words agree with the vector's verdict.
[[nodiscard]] bool check_aead(const Words& words, bool is_valid) {
    hal::AeadSecret key;
    hal::AeadNonce nonce;
    std::array<uint8_t, hal::aead_tag_bytes> tag;
    if (!read(words[0], key) || !read(words[1], nonce) || !read(words[5], tag)) {
        return false;
    }
    const std::vector<uint8_t> associated = bytes_in(words[2]);
    const std::vector<uint8_t> plain = bytes_in(words[3]);
    const std::vector<uint8_t> sealed = bytes_in(words[4]);
    std::vector<uint8_t> message = sealed;
    const bool is_opened =
        hal::chacha20_poly1305_open(key, nonce, associated, message, hal::AeadTagGiven{tag});
    if (!is_valid) {
        return !is_opened && message == sealed;
    }
    std::array<uint8_t, hal::aead_tag_bytes> tag_made;
    std::vector<uint8_t> made = plain;
    hal::chacha20_poly1305_seal(key, nonce, associated, made, hal::AeadTag{tag_made});
    return is_opened && message == plain && made == sealed && tag_made == tag;
}

[[nodiscard]] bool check_x25519(const Words& words, bool is_valid) {
    hal::X25519Key secret;
    hal::X25519Key public_key;
    hal::X25519Key expected;
    hal::X25519Key shared;
    if (!read(words[0], secret) || !read(words[1], public_key) || !read(words[2], expected)) {
        return false;
    }
    return hal::x25519(secret, public_key, shared) == is_valid && shared == expected;
}

[[nodiscard]] bool check_ed25519(const Words& words, bool is_valid) {
    hal::Ed25519PublicKey public_key;
    hal::Ed25519Signature signature;
    if (!read(words[0], public_key)) {
        return false;
    }
    if (!read(words[2], signature)) {
        return !is_valid; // of another length: no signature at all
    }
    return hal::ed25519_verify(public_key, bytes_in(words[1]), signature) == is_valid;
}

[[nodiscard]] bool check_hmac(const Words& words, bool is_valid) {
    const crypto::HmacKey key{bytes_in(words[0])};
    const std::vector<uint8_t> message = bytes_in(words[1]);
    const std::vector<uint8_t> given = bytes_in(words[2]);
    const Digest mac = key.mac(message);
    return is_equal(mac.view().first(given.size()), given) == is_valid;
}

struct Kind {
    size_t word_count;
    bool (*check)(const Words& words, bool is_valid);
    unsigned checked = 0;
    unsigned wrong = 0;
};

[[nodiscard]] int check_all(std::istream& input) {
    std::map<std::string, Kind> kinds{{"aead", {6, check_aead}},
                                      {"x25519", {3, check_x25519}},
                                      {"ed25519", {3, check_ed25519}},
                                      {"hmac", {3, check_hmac}}};
    for (std::string line; std::getline(input, line);) {
        if (line.empty() || line[0] == '#') {
            continue;
        }
        std::istringstream fields{line};
        std::string name;
        std::string id;
        std::string result;
        fields >> name >> id >> result;
        Words words;
        for (std::string word; fields >> word;) {
            words.push_back(word);
        }
        const auto kind = kinds.find(name);
        if (kind == kinds.end() || words.size() != kind->second.word_count ||
            (result != "valid" && result != "invalid")) {
            std::cerr << "crypto_vectors: no vector: " << line << '\n';
            return 2;
        }
        ++kind->second.checked;
        if (!kind->second.check(words, result == "valid")) {
            ++kind->second.wrong;
            std::cout << name << ' ' << id << ": not " << result << '\n';
        }
    }
    unsigned problems = 0;
    for (const auto& [name, kind] : kinds) {
        std::cout << name << ": " << kind.checked << " vectors, " << kind.wrong << " wrong\n";
        problems += kind.wrong + (kind.checked == 0 ? 1u : 0u);
    }
    return problems == 0 ? 0 : 1;
}

} // namespace
} // namespace grafos

int main(int count, char** words) {
    if (count != 2) {
        std::cerr << "usage: grafos-crypto-vectors FILE\n";
        return 2;
    }
    std::ifstream file{words[1]};
    return grafos::check_all(file);
}
