// SPDX-License-Identifier: Apache-2.0
/// Packets that look like ours and are not: what somebody without a key can send.
///
/// The layout is core/wire's (README there): a header of 24 bytes, big-endian, then the body.
#include <cstdio>
#include <random>

#include "tools/netem/commands.hpp"
#include "tools/netem/pacer.hpp"

namespace grafos::netem {
namespace {

constexpr uint16_t magic = 0x6746;
constexpr uint8_t version = 1;
constexpr uint8_t kind_hello = 1, kind_cookie = 2, kind_init = 3, kind_sealed = 5;
constexpr size_t header_bytes = 24, client_random_bytes = 16, hello_bytes = 64, cookie_bytes = 32;
constexpr size_t noise_bytes = 32 + 48 + 12 + 16; // e, s, payload, tag of Noise IK message 1
constexpr size_t tag_bytes = 16, sealed_most = 1400 - header_bytes;
constexpr uint64_t cookie_wait_ms = 300;
constexpr uint64_t cookie_uses = 2000; // inits that one cookie is used for; it lives 30 s or more

using Bytes = std::vector<uint8_t>;

class Forger {
public:
    explicit Forger(const ForgeOptions& options)
        : options_(options),
          random_(options.seed),
          sender_(address_of("--from", options.from), address_of("--to", options.to)) {}

    /// One packet of this kind, or of any for `mix`.
    Bytes make(std::string_view kind) {
        if (kind == "mix") {
            static constexpr std::string_view kinds[] = {"hello", "init", "sealed", "random"};
            kind = kinds[random_() % std::size(kinds)];
        }
        if (kind == "hello") {
            return packet(kind_hello, 0, 0, hello());
        }
        if (kind == "init") {
            return init(noise(cookie_bytes), noise(client_random_bytes));
        }
        if (kind == "handshake") {
            renew_cookie();
            return init(cookie_, client_random_);
        }
        if (kind == "sealed") {
            const size_t most = std::min<size_t>(options_.size, sealed_most);
            return packet(kind_sealed, random_(), random_() % 4096,
                          noise(tag_bytes + random_() % (most - tag_bytes + 1)));
        }
        return noise(1 + random_() % options_.size);
    }

    Sender& sender() { return sender_; }
    [[nodiscard]] uint64_t cookies() const { return cookies_; }

private:
    static void put(Bytes& into, uint64_t value, size_t bytes) {
        for (size_t i = bytes; i-- > 0;) {
            into.push_back(static_cast<uint8_t>(value >> 8 * i));
        }
    }
    Bytes noise(size_t bytes) {
        Bytes made(bytes);
        for (uint8_t& byte : made) {
            byte = static_cast<uint8_t>(random_());
        }
        return made;
    }
    static Bytes packet(uint8_t kind, uint64_t session, uint64_t counter, const Bytes& body) {
        Bytes made;
        put(made, magic, 2);
        put(made, version, 1);
        put(made, kind, 1);
        put(made, 0, 2); // flags
        put(made, body.size(), 2);
        put(made, session, 8);
        put(made, counter, 8);
        made.insert(made.end(), body.begin(), body.end());
        return made;
    }
    Bytes hello() {
        Bytes body = noise(client_random_bytes);
        client_random_ = body;
        body.resize(hello_bytes);
        return body;
    }
    Bytes init(const Bytes& cookie, const Bytes& client_random) {
        Bytes body = cookie;
        body.insert(body.end(), client_random.begin(), client_random.end());
        const Bytes rest = noise(noise_bytes);
        body.insert(body.end(), rest.begin(), rest.end());
        uint64_t session = 0;
        for (size_t i = 0; i < 8; ++i) { // in an init: the client's random, as far as it fits
            session = session << 8 | client_random[i];
        }
        return packet(kind_init, session, 0, body);
    }
    /// A cookie is asked for as a real client would, so that the init costs the node its key work.
    void renew_cookie() {
        if (uses_++ % cookie_uses != 0) {
            return;
        }
        sender_.send(packet(kind_hello, 0, 0, hello()));
        sender_.collect_for(cookie_wait_ms, true);
        const Bytes& answer = sender_.last_answer();
        const size_t at = header_bytes + client_random_bytes;
        if (answer.size() >= at + cookie_bytes && answer[3] == kind_cookie) {
            cookie_.assign(answer.begin() + static_cast<ptrdiff_t>(at),
                           answer.begin() + static_cast<ptrdiff_t>(at + cookie_bytes));
            ++cookies_;
        } else {
            cookie_ = noise(cookie_bytes);
        }
    }

    const ForgeOptions& options_;
    std::mt19937_64 random_;
    Sender sender_;
    Bytes cookie_, client_random_;
    uint64_t uses_ = 0, cookies_ = 0;
};

} // namespace

int forge(const ForgeOptions& options) {
    Forger forger{options};
    for (uint64_t i = 0; i < options.count; ++i) {
        forger.sender().send_paced(forger.make(options.kind), options.rate);
    }
    forger.sender().collect_for(options.wait_ms);
    Json json = {{"kind", options.kind}, {"cookies", forger.cookies()}};
    json.update(forger.sender().json());
    std::puts(line_of(json).c_str());
    return 0;
}

} // namespace grafos::netem
