// SPDX-License-Identifier: Apache-2.0
// One peer in one word, as boot arguments and configuration files give it.
#include "core/base/ipv4.hpp"
#include "core/base/text.hpp"
#include "core/wire/principal.hpp"

namespace grafos::wire {
namespace {

/// A part of the word, and where it begins.
struct Part {
    std::string_view text{};
    size_t offset = 0;
};

/// Takes what stands before the next `separator` off the front of `rest`.
[[nodiscard]] Part take_part(Part& rest, char separator) noexcept {
    size_t size = 0;
    while (size < rest.text.size() && rest.text[size] != separator) {
        size += 1;
    }
    const Part part{{rest.text.data(), size}, rest.offset};
    const size_t taken = size < rest.text.size() ? size + 1 : size;
    rest = {{rest.text.data() + taken, rest.text.size() - taken}, rest.offset + taken};
    return part;
}

[[nodiscard]] bool has_separator(const Part& part, char separator) noexcept {
    for (const char c : part.text) {
        if (c == separator) {
            return true;
        }
    }
    return false;
}

[[nodiscard]] Error bad(Field field, const Part& part) noexcept {
    return {ErrorCode::invalid_argument, field, part.offset};
}

[[nodiscard]] Result<uint64_t> number(const Part& part, uint64_t most, Field field) noexcept {
    const Result<uint64_t> parsed = parse_decimal(part.text, most, field);
    if (!parsed.is_ok()) {
        return bad(field, part);
    }
    return parsed.value();
}

[[nodiscard]] Result<Roles> parse_roles(Part part) noexcept {
    if (part.text == "all") {
        return all_roles;
    }
    if (part.text == "none") {
        return Roles{};
    }
    if (part.text.empty() || part.text[part.text.size() - 1] == '+') {
        return bad(Field::role, part);
    }
    Roles roles;
    while (!part.text.empty()) { // each turn takes at least one character
        const Part word = take_part(part, '+');
        Roles next = roles;
        for (const Role role : every_role) {
            next = word.text == name_of(role) ? next | role : next;
        }
        if (next == roles) { // unknown, or twice
            return bad(Field::role, word);
        }
        roles = next;
    }
    return roles;
}

/// What of `host`, which is no address, is to be pointed at: the first number that is none, or the
/// whole of it.
[[nodiscard]] Part wrong_part_of(const Part& host) noexcept {
    Part rest = host;
    for (int i = 0; i < 4; ++i) {
        const bool has_more = has_separator(rest, '.');
        const Part byte = take_part(rest, '.');
        if (has_more != (i < 3)) {
            return host;
        }
        const bool is_octal = byte.text.size() > 1 && byte.text[0] == '0';
        if (is_octal || !parse_decimal(byte.text, 255, Field::address).is_ok()) {
            return byte;
        }
    }
    return host;
}

[[nodiscard]] Result<hal::DatagramAddress> parse_address(Part part) noexcept {
    const Result<Ipv4Port> parsed = parse_ipv4_port(part.text, Field::address);
    if (parsed.is_ok() && parsed.value().ipv4 != 0 && parsed.value().port != 0) {
        return hal::DatagramAddress{parsed.value().ipv4, parsed.value().port};
    }
    if (parsed.is_ok()) {
        return bad(Field::address, part);
    }
    const Part host = take_part(part, ':');
    const bool is_host = parse_ipv4(host.text, Field::address).is_ok();
    return bad(Field::address, is_host ? part : wrong_part_of(host));
}

[[nodiscard]] Result<> take_hex(const Part& value, MutableBytes to, Field field) noexcept {
    return parse_hex(value.text, to, field).is_ok() ? Result<>{ok()} : Result<>{bad(field, value)};
}

/// The parts that have a name; the bit of each in a set of those seen.
struct Option {
    std::string_view name;
    Field field;
};
constexpr Option options[] = {
    {"key", Field::key},       {"node", Field::node_id},    {"roles", Field::role},
    {"tenant", Field::tenant}, {"bytes", Field::amount},    {"leases", Field::lease_count},
    {"ttl", Field::ttl},       {"address", Field::address},
};

[[nodiscard]] Result<> take_limits(Field field, const Part& value, Principal& peer) noexcept {
    if (field == Field::tenant) {
        peer.has_tenant = value.text != "any";
        if (peer.has_tenant) {
            GRAFOS_TRY_ASSIGN(const uint64_t tenant, number(value, UINT32_MAX, field));
            peer.tenant.value = static_cast<uint32_t>(tenant);
        }
    } else if (field == Field::amount) {
        GRAFOS_TRY_ASSIGN(peer.quota_bytes, number(value, UINT64_MAX, field));
    } else if (field == Field::lease_count) {
        GRAFOS_TRY_ASSIGN(const uint64_t leases, number(value, UINT32_MAX, field));
        peer.quota_leases = static_cast<uint32_t>(leases);
    } else {
        GRAFOS_ASSERT(field == Field::ttl);
        GRAFOS_TRY_ASSIGN(peer.ttl_max.ms, number(value, limits::lease_ttl_max.ms, field));
        if (peer.ttl_max < limits::lease_ttl_min) {
            return bad(field, value);
        }
    }
    return ok();
}

[[nodiscard]] Result<> take_option(Field field, const Part& value, Principal& peer) noexcept {
    if (field == Field::key) {
        return take_hex(value, peer.exchange_key.bytes, field);
    }
    if (field == Field::node_id) {
        return take_hex(value, peer.node_id.bytes, field);
    }
    if (field == Field::role) {
        GRAFOS_TRY_ASSIGN(peer.roles, parse_roles(value));
        return ok();
    }
    if (field == Field::address) {
        GRAFOS_TRY_ASSIGN(peer.address, parse_address(value));
        return ok();
    }
    return take_limits(field, value, peer);
}

} // namespace

Result<> PeerList::add_word(std::string_view word) noexcept {
    Principal peer;
    Part rest{word, 0};
    const Part name = take_part(rest, ',');
    if (name.text.empty() || name.text.size() > peer.name.size() || has_separator(name, '=')) {
        return bad(Field::name, name);
    }
    copy_bytes({reinterpret_cast<uint8_t*>(peer.name.data()), peer.name.size()},
               bytes_of(name.text));
    peer.name_size = static_cast<uint8_t>(name.text.size());
    if (word[word.size() - 1] == ',') {
        return Error{ErrorCode::invalid_argument, Field::option, word.size()};
    }
    uint32_t seen = 0;
    while (!rest.text.empty()) { // each turn takes at least one character
        Part value = take_part(rest, ',');
        const Part whole = value;
        const Part option_name = take_part(value, '=');
        size_t index = 0;
        while (index < std::size(options) && options[index].name != option_name.text) {
            index += 1;
        }
        if (index == std::size(options) || (seen & (1u << index)) != 0) {
            return bad(Field::option, whole);
        }
        seen |= 1u << index;
        GRAFOS_TRY(take_option(options[index].field, value, peer));
    }
    if ((seen & 1u) == 0) {
        return Error{ErrorCode::invalid_argument, Field::key, word.size()};
    }
    return add(peer);
}

} // namespace grafos::wire
