// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/hostile/forge.hpp"

#include "core/crypto/hmac.hpp"

namespace grafos::test {

bool chain_caveat(lease::Token& token, Bytes caveat) noexcept {
    if (token.size + caveat.size() > token.bytes.size()) {
        return false;
    }
    const size_t mac_at = token.size - lease::token_mac_bytes;
    const crypto::HmacKey key{Bytes{token.bytes}.subspan(mac_at, lease::token_mac_bytes)};
    const Digest mac = key.mac(caveat);
    copy_bytes(MutableBytes{token.bytes}.subspan(mac_at), caveat);
    copy_bytes(MutableBytes{token.bytes}.subspan(mac_at + caveat.size()), mac.view());
    token.bytes[lease::token_fixed_bytes] += 1;
    token.size = static_cast<uint16_t>(token.size + caveat.size());
    return true;
}

void drop_caveat(const lease::Token& whole, const lease::Token& narrowed,
                 lease::Token& to) noexcept {
    to = whole;
    copy_bytes(MutableBytes{to.bytes}.subspan(to.size - lease::token_mac_bytes),
               narrowed.view().subspan(narrowed.size - lease::token_mac_bytes));
}

} // namespace grafos::test
