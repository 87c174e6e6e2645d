// SPDX-License-Identifier: Apache-2.0
/// A whole node over HAL twins, with a machine that can lose power and come back.
#pragma once

#include <new>

#include "core/node/node_storage.hpp"
#include "tests/support/ram_block_device.hpp"
#include "tests/support/seeded_entropy.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {

inline constexpr lease::NodeLimits rig_limits{
    .lease_count_max = 16,
    .memory_units_max = 32,
    .block_units_max = 32,
    .group_bytes_max = 4096,
    .outbox_slots_max = 8,
    .block_accesses_max = 2,
    .events_max = 32,
    .renewals_max = 4,
    .turn_max = Duration{5},
    .teardown_deadline = Duration{1'000},
    .expiries_per_turn_max = 8,
    .requests_per_turn_max = 4,
    .wipe_bytes_per_turn = 64 * 1024,
};
inline constexpr size_t rig_memory_bytes = 32 * 4096;
inline constexpr size_t rig_disk_bytes = 512 * 1024;

/// Entropy that keeps one waiting, or refuses.
class RigEntropy final : public hal::Entropy {
public:
    explicit RigEntropy(uint64_t seed) noexcept : seeded_{seed} {}
    [[nodiscard]] Result<> fill(MutableBytes to) noexcept override {
        if (error.has_value()) {
            return *error;
        }
        return seeded_.fill(to);
    }
    std::optional<Error> error{};

private:
    SeededEntropy seeded_;
};

/// The bytes live in static storage that the test owns, since a bare image's stack is small.
struct NodeRigArea {
    alignas(64) std::array<uint8_t, sizeof(node::NodeOf<rig_limits>)> node;
    std::array<uint8_t, rig_memory_bytes> memory;
    std::array<uint8_t, rig_disk_bytes> disk;
};

class NodeRig {
public:
    using NodeType = node::NodeOf<rig_limits>;

    explicit NodeRig(NodeRigArea& area) noexcept : area_{area}, disk{area.disk} {
        area.disk = {};
        for (uint8_t& byte : area.memory) {
            byte = 0xa5; // what a warm reset leaves behind
        }
    }
    ~NodeRig() { cut_power(); }
    NodeRig(const NodeRig&) = delete;
    NodeRig& operator=(const NodeRig&) = delete;

    /// Turns the machine on; nothing has run yet.
    void power_on() noexcept {
        const node::Machine machine{entropy, disk, area_.memory, UnixMillis{1'700'000'000'000},
                                    lease::WallSource::scenario};
        node_ = new (area_.node.data()) NodeType{machine, options};
    }
    void cut_power() noexcept {
        if (node_ != nullptr) {
            node_->~NodeType();
            node_ = nullptr;
        }
    }
    /// On, and turned until ready or degraded.
    void boot() noexcept {
        power_on();
        turn_until([&] {
            return node_->readiness() == node::Readiness::ready ||
                   node_->readiness() == node::Readiness::degraded;
        });
    }
    /// On, ready, and every unit wiped.
    void boot_clean() noexcept {
        boot();
        turn_until([&] {
            for (const lease::Resource* const resource : node_->lessor().resources()) {
                const lease::ResourceInfo info = resource->info();
                if (info.dirty + info.tearing > 0) {
                    return false;
                }
            }
            return true;
        });
    }

    void turn(Duration step = Duration{1}) noexcept {
        raw = saturating_add(raw, step);
        disk.turn();
        node_->tick(raw);
        node_->end_turn(raw);
    }
    template <typename Condition>
    bool turn_until(const Condition& condition, int turns_max = 5'000) noexcept {
        for (int turns = 0; turns < turns_max; ++turns) {
            if (condition()) {
                return true;
            }
            turn();
        }
        ADD_FAILURE() << "the node did not get there in " << turns_max << " turns";
        return false;
    }

    /// Starts a request and turns until it is answered.
    [[nodiscard]] Result<lease::Answer> ask(const lease::Request& request) noexcept {
        Result<lease::Ticket> ticket = node_->start(request);
        if (!ticket.is_ok()) {
            return ticket.error();
        }
        for (int turns = 0; turns < 2'000; ++turns) {
            const Result<lease::Answer> answer = node_->poll(ticket.value());
            if (answer.is_ok()) {
                return answer.value();
            }
            if (answer.error().code != ErrorCode::busy || answer.error().field != Field::ticket) {
                return answer.error();
            }
            turn();
        }
        ADD_FAILURE() << "no answer";
        return Error{ErrorCode::disconnected, Field::ticket, 0, 0};
    }

    [[nodiscard]] static lease::Request grant_request(
        uint64_t bytes, Duration ttl,
        lease::ResourceKind kind = lease::ResourceKind::memory) noexcept {
        lease::Request request;
        request.operation = lease::Operation::grant;
        request.caller.tenant.value = 7;
        request.caller.identity = bytes_of("holder");
        request.resource = lease::resource_id_of(kind, 0);
        request.amount_bytes = bytes;
        request.ttl = ttl;
        return request;
    }
    [[nodiscard]] lease::Answer must_grant(
        uint64_t bytes, Duration ttl,
        lease::ResourceKind kind = lease::ResourceKind::memory) noexcept {
        const Result<lease::Answer> answer = ask(grant_request(bytes, ttl, kind));
        if (!answer.is_ok()) {
            ADD_FAILURE() << "grant refused: " << name_of(answer.error().code);
            return {};
        }
        return answer.value();
    }
    [[nodiscard]] static lease::Request release_request(const lease::Answer& grant) noexcept {
        lease::Request request;
        request.operation = lease::Operation::release;
        request.lease = grant.lease;
        return request;
    }

    [[nodiscard]] node::Node& node() noexcept { return *node_; }

private:
    NodeRigArea& area_;
    NodeType* node_ = nullptr;

public:
    RamBlockDevice disk;
    RigEntropy entropy{1};
    lease::LogOptions options{};
    Instant raw = saturating_add(start_time(), Duration{1'000});
};

} // namespace grafos::test
