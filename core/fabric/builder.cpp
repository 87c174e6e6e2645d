// SPDX-License-Identifier: Apache-2.0
#include "core/fabric/builder.hpp"

#include <limits>

#include "core/fabric/fabric.hpp"

namespace grafos::fabric {

// --- Acquiring
// --------------------------------------------------------------------------------------

template <typename Lease>
Acquiring<Lease>::~Acquiring() {
    if (fabric_ != nullptr) {
        fabric_->let_go(holding_);
    }
}

template <typename Lease>
Result<Lease> Acquiring<Lease>::poll() noexcept {
    if (fabric_ == nullptr) {
        return Error{ErrorCode::not_found, Field::ticket, holding_.slot, holding_.generation};
    }
    const Result<> done = fabric_->poll_acquire(holding_);
    if (!done.is_ok() && done.error().code == ErrorCode::busy &&
        done.error().field == Field::ticket) {
        return done.error();
    }
    Fabric& fabric = *std::exchange(fabric_, nullptr); // the lease's from here on, or nobody's
    if (!done.is_ok()) {
        return done.error();
    }
    return Lease{fabric, holding_};
}

// --- Builder
// ----------------------------------------------------------------------------------------

template <typename Self, typename Lease>
Builder<Self, Lease>::Builder(Fabric& fabric, lease::ResourceKind kind) noexcept : fabric_{fabric} {
    wish_.kind = kind;
    wish_.amount_bytes =
        kind == lease::ResourceKind::block ? limits::block_bytes : memory_bytes_default;
    wish_.ttl = lease_ttl_default;
    wish_.patience = acquire_patience_default;
}

template <typename Self, typename Lease>
void Builder<Self, Lease>::refuse(const Error& error) noexcept {
    if (!mistake_.has_value()) {
        mistake_ = error;
    }
}

template <typename Self, typename Lease>
Self& Builder<Self, Lease>::lease_secs(uint64_t seconds) noexcept {
    const uint64_t most = limits::lease_ttl_max.ms / 1000;
    if (seconds == 0 || seconds > most) {
        refuse({ErrorCode::invalid_argument, Field::ttl, seconds, seconds == 0 ? 1 : most});
        return self();
    }
    return lease_ttl(Duration{seconds * 1000});
}

template <typename Self, typename Lease>
Self& Builder<Self, Lease>::lease_ttl(Duration ttl) noexcept {
    wish_.ttl = ttl;
    return self();
}

template <typename Self, typename Lease>
Self& Builder<Self, Lease>::tenant(TenantId tenant) noexcept {
    wish_.tenant = tenant;
    return self();
}

template <typename Self, typename Lease>
Self& Builder<Self, Lease>::on(std::string_view name) noexcept {
    return on_home(fabric_.find_home(name));
}

template <typename Self, typename Lease>
Self& Builder<Self, Lease>::on(const NodeId& node) noexcept {
    return on_home(fabric_.find_home(node));
}

template <typename Self, typename Lease>
Self& Builder<Self, Lease>::on_home(const Result<uint8_t>& home) noexcept {
    if (home.is_ok()) {
        wish_.home = home.value();
    } else {
        refuse(home.error());
    }
    return self();
}

template <typename Self, typename Lease>
Self& Builder<Self, Lease>::key(const AllocKey& key) noexcept {
    if (key.is_zero()) {
        refuse({ErrorCode::invalid_argument, Field::alloc_key, 0, 1});
    }
    wish_.key = key;
    return self();
}

template <typename Self, typename Lease>
Self& Builder<Self, Lease>::with_token(const lease::Token& token) noexcept {
    token_ = token;
    return self();
}

template <typename Self, typename Lease>
Self& Builder<Self, Lease>::patience(Duration patience) noexcept {
    wish_.patience = patience;
    return self();
}

template <typename Self, typename Lease>
Self& Builder<Self, Lease>::amount(uint64_t count, uint64_t unit_bytes) noexcept {
    const uint64_t most = std::numeric_limits<uint64_t>::max() / unit_bytes;
    if (count == 0 || count > most) {
        refuse({ErrorCode::invalid_argument, Field::amount, count, count == 0 ? 1 : most});
        return self();
    }
    wish_.amount_bytes = count * unit_bytes;
    return self();
}

template <typename Self, typename Lease>
Result<Acquiring<Lease>> Builder<Self, Lease>::start_acquire() noexcept {
    if (mistake_.has_value()) {
        return *mistake_;
    }
    GRAFOS_TRY_ASSIGN(const HoldingHandle holding, fabric_.start_acquire(wish_, token_));
    return Acquiring<Lease>{fabric_, holding};
}

/// Ends with the acquire, and that with the patience of each node that is asked.
template <typename Self, typename Lease>
Result<Lease> Builder<Self, Lease>::wait(Result<Acquiring<Lease>> started, Pump& pump) noexcept {
    GRAFOS_ASSERT(!pump.is_turning());
    GRAFOS_TRY_ASSIGN(Acquiring<Lease> acquiring, std::move(started));
    for (;;) {
        pump.turn();
        Result<Lease> lease = acquiring.poll();
        if (lease.is_ok() || lease.error().code != ErrorCode::busy ||
            lease.error().field != Field::ticket) {
            return lease;
        }
    }
}

template <typename Self, typename Lease>
Result<Lease> Builder<Self, Lease>::acquire(Pump& pump) noexcept {
    return wait(start_acquire(), pump);
}

template <typename Self, typename Lease>
Result<Acquiring<Lease>> Builder<Self, Lease>::start_attach(const LeaseId& lease) noexcept {
    if (lease.is_zero()) {
        refuse({ErrorCode::invalid_argument, Field::lease, 0, 1});
    }
    wish_.attach = lease;
    return start_acquire();
}

template <typename Self, typename Lease>
Result<Lease> Builder<Self, Lease>::attach(const LeaseId& lease, Pump& pump) noexcept {
    return wait(start_attach(lease), pump);
}

template class Acquiring<MemLease>;
template class Acquiring<BlockLease>;
template class Builder<MemBuilder, MemLease>;
template class Builder<BlockBuilder, BlockLease>;

} // namespace grafos::fabric
