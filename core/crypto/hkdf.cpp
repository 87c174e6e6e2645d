// SPDX-License-Identifier: Apache-2.0
#include "core/crypto/hkdf.hpp"

#include "core/crypto/hmac.hpp"
#include "core/crypto/secret.hpp"

namespace grafos::crypto {
namespace {

/// RFC 5869's two halves: the input goes into one key, of which each output takes the one before.
class Expansion {
public:
    Expansion(const Digest& chaining_key, Bytes input) noexcept {
        const HmacKey salt{chaining_key.view()};
        Digest temporary = salt.mac(input);
        key_.set(temporary.view());
        erase_secret(temporary.bytes);
    }
    Expansion(const Expansion&) = delete;
    Expansion& operator=(const Expansion&) = delete;
    ~Expansion() { erase_secret(block_); }

    void next(Digest& output) noexcept {
        number_ = static_cast<uint8_t>(number_ + 1);
        block_[before_] = number_;
        output = key_.mac(Bytes{block_}.first(before_ + 1));
        copy_bytes(block_, output.view());
        before_ = Digest::size_bytes;
    }

private:
    HmacKey key_;
    std::array<uint8_t, Digest::size_bytes + 1> block_{};
    size_t before_ = 0;
    uint8_t number_ = 0;
};

} // namespace

void hkdf2(const Digest& chaining_key, Bytes input, Digest& first, Digest& second) noexcept {
    Expansion expansion{chaining_key, input};
    expansion.next(first);
    expansion.next(second);
}

void hkdf3(const Digest& chaining_key, Bytes input, Digest& first, Digest& second,
           Digest& third) noexcept {
    Expansion expansion{chaining_key, input};
    expansion.next(first);
    expansion.next(second);
    expansion.next(third);
}

} // namespace grafos::crypto
