// SPDX-License-Identifier: Apache-2.0
// Addresses and principals as text.
#include <array>

#include "tools/cli/config.hpp"

namespace grafos::cli {

std::optional<hal::DatagramAddress> parse_address(std::string_view text) {
    uint32_t parts[5] = {};
    size_t at = 0;
    for (size_t i = 0; i < 5; ++i) {
        const size_t digits = at;
        uint32_t value = 0;
        while (at < text.size() && text[at] >= '0' && text[at] <= '9' && at - digits < 5) {
            value = value * 10 + static_cast<uint32_t>(text[at] - '0');
            ++at;
        }
        const bool has_leading_zero = at - digits > 1 && text[digits] == '0';
        if (at == digits || has_leading_zero || value > (i < 4 ? 255u : 65'535u)) {
            return std::nullopt;
        }
        parts[i] = value;
        if (i < 4) {
            if (at == text.size() || text[at] != (i < 3 ? '.' : ':')) {
                return std::nullopt;
            }
            ++at;
        }
    }
    const uint32_t ipv4 = parts[0] << 24 | parts[1] << 16 | parts[2] << 8 | parts[3];
    if (at != text.size() || ipv4 == 0 || parts[4] == 0) {
        return std::nullopt;
    }
    return hal::DatagramAddress{ipv4, static_cast<uint16_t>(parts[4])};
}

std::string text_of(const hal::DatagramAddress& address) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) {
        out += std::to_string(address.ipv4 >> shift & 0xFF) + (shift > 0 ? "." : ":");
    }
    return out + std::to_string(address.port);
}

std::string peer_word(const wire::Principal& principal) {
    std::array<char, 2 * 32> hex{};
    TextWriter key{hex};
    key.put_hex(principal.exchange_key.view());
    std::string out{principal.name_view()};
    out += ",key=" + std::string{key.text()};
    std::string roles;
    for (const wire::Role role : every_role) {
        if (principal.roles.has(role)) {
            roles += (roles.empty() ? "" : "+") + std::string{name_of(role)};
        }
    }
    out += ",roles=" + (roles.empty() ? "none" : roles);
    out += ",tenant=" +
           (principal.has_tenant ? std::to_string(principal.tenant.value) : std::string{"any"});
    if (principal.quota_bytes > 0) {
        out += ",bytes=" + std::to_string(principal.quota_bytes);
    }
    if (principal.quota_leases > 0) {
        out += ",leases=" + std::to_string(principal.quota_leases);
    }
    if (principal.ttl_max < limits::lease_ttl_max) {
        out += ",ttl=" + std::to_string(principal.ttl_max.ms);
    }
    return out;
}

} // namespace grafos::cli
