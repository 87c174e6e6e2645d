// SPDX-License-Identifier: Apache-2.0
/// IPv4 addresses as people write them: four decimal numbers, nothing else. No names, no leading
/// zeroes (elsewhere they mean octal), no short forms. Numbers are in host byte order.
#pragma once

#include "core/base/text.hpp"

namespace grafos {

/// `A.B.C.D`. Failures: invalid_argument with `field`. Context: any.
[[nodiscard]] Result<uint32_t> parse_ipv4(std::string_view text, Field field) noexcept;

struct Ipv4Port {
    uint32_t ipv4 = 0;
    uint16_t port = 0;
};

/// `A.B.C.D:PORT`; port 0 is allowed here. Failures: invalid_argument with `field`. Context: any.
[[nodiscard]] Result<Ipv4Port> parse_ipv4_port(std::string_view text, Field field) noexcept;

/// `A.B.C.D`, without leading zeroes. Context: any.
void put_ipv4(TextWriter& out, uint32_t address) noexcept;

} // namespace grafos
