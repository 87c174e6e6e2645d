// SPDX-License-Identifier: Apache-2.0
/// Who may speak to a node, and what they may ask (protocol §2).
///
/// The session's principal is the peer's X25519 static key, proven by the handshake. What it may
/// do stands in the node's own list, given at boot: at most sixteen entries, whose digest is in the
/// boot record, so that the chain shows under which rules a node ran.
#pragma once

#include "core/base/ids.hpp"
#include "core/base/limits.hpp"
#include "core/base/time.hpp"
#include "core/crypto/identity.hpp"
#include "hal/datagram_link.hpp"

namespace grafos::wire {

inline constexpr size_t peers_max = 16;
inline constexpr size_t peer_name_bytes_max = 24;

/// What a principal may do besides leasing by token; a set.
enum class Role : uint8_t {
    cap = 1 << 0,         ///< ask for ALLOC tokens
    revoke = 1 << 1,      ///< end anybody's lease
    fence_clear = 1 << 2, ///< authorise a new teardown of fenced units
    collect = 1 << 3,     ///< read and trim the audit chain
    time = 1 << 4,        ///< set the wall clock that stamps records
    observe = 1 << 5,     ///< lists, counters, fences
    call = 1 << 6,        ///< call the node's program
};

struct Roles {
    uint8_t bits = 0;
    [[nodiscard]] constexpr bool has(Role role) const noexcept {
        return (bits & static_cast<uint8_t>(role)) != 0;
    }
    [[nodiscard]] constexpr bool has_all(Roles needed) const noexcept {
        return (bits & needed.bits) == needed.bits;
    }
    friend constexpr bool operator==(Roles, Roles) = default;
};
[[nodiscard]] constexpr Roles operator|(Roles a, Role b) noexcept {
    return {static_cast<uint8_t>(a.bits | static_cast<uint8_t>(b))};
}

inline constexpr Role every_role[] = {Role::cap,  Role::revoke,  Role::fence_clear, Role::collect,
                                      Role::time, Role::observe, Role::call};
inline constexpr Roles all_roles = [] {
    Roles all;
    for (const Role role : every_role) {
        all = all | role;
    }
    return all;
}();

/// snake_case: cap, revoke, fence_clear, collect, time, observe, call. Context: any.
[[nodiscard]] std::string_view name_of(Role role) noexcept;

/// One trusted entry. Zero quotas: no limit of its own.
struct Principal {
    crypto::ExchangeKey exchange_key{};
    NodeId node_id{}; ///< of a peer that grants, to check its signed heads; zero: only a holder
    Roles roles{};
    bool has_tenant = false; ///< false: may name any tenant
    TenantId tenant{};
    uint64_t quota_bytes = 0;
    uint32_t quota_leases = 0;
    Duration ttl_max = limits::lease_ttl_max;
    hal::DatagramAddress address{}; ///< where it listens, as seen from here; nobody: it calls us
    std::array<char, peer_name_bytes_max> name{};
    uint8_t name_size = 0;

    [[nodiscard]] std::string_view name_view() const noexcept { return {name.data(), name_size}; }
};

/// The trusted list of a node, and the node list of a program: the same entries.
class PeerList {
public:
    constexpr PeerList() noexcept = default;
    PeerList(const PeerList&) = delete;
    PeerList& operator=(const PeerList&) = delete;

    /// Failures: capacity_exceeded (record_count: 16 are there), invalid_argument (key: zero or
    /// there already; name: empty, too long, not printable, there already; ttl). Context: boot.
    [[nodiscard]] Result<> add(const Principal& principal) noexcept;

    /// Adds the peer that one word describes:
    ///     NAME,key=HEX64[,node=HEX64][,roles=cap+revoke+…|all|none][,tenant=N|any][,bytes=N]
    ///         [,leases=N][,ttl=MS][,address=A.B.C.D:PORT]
    /// Failures: invalid_argument with the field of the bad part (value = its offset in `word`),
    /// then as `add`. Context: boot.
    [[nodiscard]] Result<> add_word(std::string_view word) noexcept;

    [[nodiscard]] size_t size() const noexcept { return size_; }
    [[nodiscard]] const Principal& operator[](size_t index) const noexcept {
        GRAFOS_ASSERT(index < size_);
        return entries_[index];
    }
    /// Failures: not_found (key; name). Time does not depend on the keys.
    [[nodiscard]] Result<size_t> find(const crypto::ExchangeKey& key) const noexcept;
    [[nodiscard]] Result<size_t> find(std::string_view name) const noexcept;

    /// SHA-256 over the entries in order, addresses and names left out: they are no authority.
    [[nodiscard]] Digest digest() const noexcept;

private:
    std::array<Principal, peers_max> entries_{};
    size_t size_ = 0;
};

} // namespace grafos::wire
