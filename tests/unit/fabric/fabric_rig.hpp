// SPDX-License-Identifier: Apache-2.0
/// A program with a fabric of fake nodes, and time that moves when the test says so.
#pragma once

#include <new>

#include "core/fabric/builder.hpp"
#include "core/fabric/fabric_storage.hpp"
#include "tests/support/seeded_entropy.hpp"
#include "tests/unit/fabric/fake_node.hpp"

namespace grafos::test {

/// Two secrets of no value.
inline void start_identity(crypto::Identity& identity, uint8_t number) noexcept {
    crypto::IdentitySecrets secrets{};
    for (size_t i = 0; i < 32; ++i) {
        secrets.signing_seed[i] = static_cast<uint8_t>(number + i);
        secrets.exchange_secret[i] = static_cast<uint8_t>(number + 2 * i + 1);
    }
    identity.start(secrets);
}

inline constexpr fabric::FabricLimits rig_fabric{
    .leases_max = 4,
    .peers_max = 3,
    .window = 8,
    .turn_max = Duration{5},
    .request_patience = Duration{500},
    .steps_per_turn_max = 8,
};

template <fabric::FabricLimits sizes, size_t node_count>
class FabricRig final : public fabric::Pump {
public:
    FabricRig() noexcept {
        start_identity(identity, 1);
        drbg.seed(bytes_of("rig"));
        for (size_t i = 0; i < node_count; ++i) {
            nodes[i].seed_ = (i + 1) << 32;
            grantors[i].emplace(nodes[i], calls[i], leases.holdings, sizes.request_patience);
            homes[i] = {.name = names[i],
                        .grantor = &*grantors[i],
                        .channel = &nodes[i],
                        .remote = &*grantors[i],
                        .calls = call_slots[i]};
        }
        new (&area) fabric::Fabric{
            {sizes, homes, leases.holdings, leases.renewal_storage(), nullptr, drbg, identity}};
    }
    ~FabricRig() { fabric().~Fabric(); }
    FabricRig(const FabricRig&) = delete;
    FabricRig& operator=(const FabricRig&) = delete;

    [[nodiscard]] fabric::Fabric& fabric() noexcept {
        return *std::launder(reinterpret_cast<fabric::Fabric*>(&area));
    }

    void turn() noexcept override { step(Duration{1}); }
    [[nodiscard]] bool is_turning() const noexcept override { return is_turning_; }

    /// One turn, `by` after the last one.
    void step(Duration by) noexcept {
        is_turning_ = true;
        now = saturating_add(now, by);
        fabric().tick(now);
        for (FakeNode& node : nodes) {
            node.serve(fabric().now(), node_time());
        }
        fabric().flush(now);
        is_turning_ = false;
    }
    /// Turns of 1 ms for so long.
    void run(Duration length) noexcept {
        for (uint64_t i = 0; i < length.ms; ++i) {
            step(Duration{1});
        }
    }
    /// The node's clock: as far from the holder's as drift allows in the time since the start.
    [[nodiscard]] Instant node_time() const noexcept {
        const uint64_t elapsed = now.ms - start.ms;
        const int64_t drift = static_cast<int64_t>(elapsed) * drift_ppm / 1'000'000;
        return {static_cast<uint64_t>(static_cast<int64_t>(now.ms + 77'000) + drift)};
    }
    template <typename Condition>
    [[nodiscard]] bool run_until(const Condition& condition, uint32_t turns_max) noexcept {
        for (uint32_t i = 0; i < turns_max && !condition(); ++i) {
            step(Duration{1});
        }
        return condition();
    }

    static constexpr std::array<std::string_view, 3> names{"one", "two", "three"};
    static_assert(node_count <= names.size());

    const Instant start{start_time()};
    Instant now = start;
    int64_t drift_ppm = 0; ///< of the node's clock against the holder's
    crypto::Identity identity{};
    crypto::Drbg drbg{};
    fabric::LeaseStorageOf<sizes> leases{};
    std::array<FakeNode, node_count> nodes{};
    std::array<std::array<fabric::RemoteGrantor::Call, sizes.window>, node_count> calls{};
    std::array<std::optional<fabric::RemoteGrantor>, node_count> grantors{};
    std::array<std::array<fabric::CallSlot, fabric::calls_max(sizes.window)>, node_count>
        call_slots{};
    std::array<fabric::Home, node_count> homes{};

private:
    alignas(fabric::Fabric) std::array<uint8_t, sizeof(fabric::Fabric)> area;
    bool is_turning_ = false;
};

/// A rig in static storage, made anew: a bare image's stack is small.
template <typename Rig>
class FreshRig {
public:
    FreshRig() noexcept : rig_{*new(area_.data()) Rig} {}
    ~FreshRig() { rig_.~Rig(); }
    FreshRig(const FreshRig&) = delete;
    FreshRig& operator=(const FreshRig&) = delete;
    [[nodiscard]] Rig* operator->() noexcept { return &rig_; }
    [[nodiscard]] Rig& operator*() noexcept { return rig_; }

private:
    alignas(64) static inline std::array<uint8_t, sizeof(Rig)> area_;
    Rig& rig_;
};

using OneNode = FreshRig<FabricRig<rig_fabric, 1>>;
using ThreeNodes = FreshRig<FabricRig<rig_fabric, 3>>;

} // namespace grafos::test
