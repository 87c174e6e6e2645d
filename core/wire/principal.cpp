// SPDX-License-Identifier: Apache-2.0
#include "core/wire/principal.hpp"

#include "core/crypto/sha256.hpp"

namespace grafos::wire {
namespace {

constexpr std::string_view digest_label = "grafos-peers-v1\n";

/// exchange key 32 · node id 32 · roles u8 · has tenant u8 · tenant u32 · bytes u64 · leases u32 ·
/// ttl u64
constexpr size_t entry_bytes = 32 + 32 + 1 + 1 + 4 + 8 + 4 + 8;

} // namespace

std::string_view name_of(Role role) noexcept {
    switch (role) {
    case Role::cap: return "cap";
    case Role::revoke: return "revoke";
    case Role::fence_clear: return "fence_clear";
    case Role::collect: return "collect";
    case Role::time: return "time";
    case Role::observe: return "observe";
    case Role::call: return "call";
    }
    return "unknown";
}

Result<> PeerList::add(const Principal& principal) noexcept {
    if (size_ == entries_.size()) {
        return Error{ErrorCode::capacity_exceeded, Field::record_count, size_ + 1, peers_max};
    }
    if (principal.exchange_key.is_zero() || find(principal.exchange_key).is_ok()) {
        return Error{ErrorCode::invalid_argument, Field::key};
    }
    if (principal.name_size == 0 || principal.name_size > peer_name_bytes_max) {
        return Error{ErrorCode::invalid_argument, Field::name, principal.name_size,
                     peer_name_bytes_max};
    }
    for (const char c : principal.name_view()) { // it is printed, and stands in words and files
        if (c <= ' ' || c > '~' || c == ',' || c == '=') {
            return Error{ErrorCode::invalid_argument, Field::name, static_cast<uint8_t>(c)};
        }
    }
    if (find(principal.name_view()).is_ok()) {
        return Error{ErrorCode::invalid_argument, Field::name};
    }
    if (principal.ttl_max < limits::lease_ttl_min || principal.ttl_max > limits::lease_ttl_max) {
        return Error{ErrorCode::invalid_argument, Field::ttl, principal.ttl_max.ms,
                     limits::lease_ttl_max.ms};
    }
    entries_[size_] = principal;
    size_ += 1;
    return ok();
}

Result<size_t> PeerList::find(const crypto::ExchangeKey& key) const noexcept {
    size_t found = size_;
    for (size_t i = 0; i < size_; ++i) { // all of them, whatever the first one says
        found = is_same_secret(entries_[i].exchange_key, key) ? i : found;
    }
    if (found == size_) {
        return Error{ErrorCode::not_found, Field::key};
    }
    return found;
}

Result<size_t> PeerList::find(std::string_view name) const noexcept {
    for (size_t i = 0; i < size_; ++i) {
        if (entries_[i].name_view() == name) {
            return i;
        }
    }
    return Error{ErrorCode::not_found, Field::name};
}

Digest PeerList::digest() const noexcept {
    crypto::Sha256 hash;
    hash.update(bytes_of(digest_label));
    for (size_t i = 0; i < size_; ++i) {
        const Principal& entry = entries_[i];
        std::array<uint8_t, entry_bytes> bytes;
        ByteWriter writer{bytes};
        writer.put_bytes(entry.exchange_key.view());
        writer.put_bytes(entry.node_id.view());
        writer.put<uint8_t>(entry.roles.bits);
        writer.put<uint8_t>(entry.has_tenant ? 1 : 0);
        writer.put<uint32_t>(entry.tenant.value);
        writer.put<uint64_t>(entry.quota_bytes);
        writer.put<uint32_t>(entry.quota_leases);
        writer.put<uint64_t>(entry.ttl_max.ms);
        GRAFOS_ASSERT(writer.size() == bytes.size());
        hash.update(bytes);
    }
    return hash.finish();
}

} // namespace grafos::wire
