// SPDX-License-Identifier: Apache-2.0
/// A lease table of any size for the benchmarks, and what its clients know of their leases.
#pragma once

#include <memory>
#include <vector>

#include "core/lease/table/lease_table.hpp"
#include "tests/bench/measure.hpp"

namespace grafos::bench {

/// What a holder keeps of its lease.
struct Holder {
    LeaseId id{};
    Generation generation{};
};

/// Entropy and refs, drawn before the clock starts: the table makes neither.
struct GrantInput {
    uint64_t tail_first = 0;
    uint32_t tail_second = 0;
    LeaseRef ref{};
    Duration ttl{};
};

class TableSide {
public:
    explicit TableSide(uint32_t count, lease::WheelShape shape = lease::flat_wheel)
        : hot_(count),
          cold_(count),
          by_ref_(lease::HashIndex::entries_for(count)),
          by_key_(lease::HashIndex::entries_for(count)),
          in_use_(lease::SlotBitmap::words_for(count)),
          heads_(shape.slot_count()),
          words_(shape.word_count()),
          table_{{hot_, cold_, by_ref_, by_key_, in_use_, heads_, words_, shape}} {
        table_.start(now, {1, 2});
    }

    Instant now{1000};

    [[nodiscard]] static GrantInput draw(Random& random, uint64_t ttl_from, uint64_t ttl_to) {
        GrantInput input{random.next(),
                         static_cast<uint32_t>(random.next()),
                         {},
                         {ttl_from + random.below(ttl_to - ttl_from + 1)}};
        store_big_endian<uint64_t>(input.ref.bytes.data(), random.next());
        store_big_endian<uint64_t>(input.ref.bytes.data() + 8, random.next());
        return input;
    }
    LeaseId grant(const GrantInput& input) {
        lease::GrantSpec spec{};
        const SlotIndex slot = table_.next_free().value();
        store_big_endian<uint32_t>(spec.id.bytes.data(), slot.value);
        store_big_endian<uint64_t>(spec.id.bytes.data() + 4, input.tail_first);
        store_big_endian<uint32_t>(spec.id.bytes.data() + 12, input.tail_second);
        spec.ref = input.ref;
        spec.tenant = {1};
        spec.identity = identity_;
        spec.extent = {slot.value, 1};
        spec.amount_bytes = 4096;
        spec.epoch = {++epoch_};
        spec.ttl = input.ttl;
        static_cast<void>(table_.grant(spec, now).value());
        return spec.id;
    }
    void renew(Holder& holder) {
        const SlotIndex slot = table_.find(holder.id, now).value();
        const lease::RenewPlan plan =
            table_.plan_renew(slot, holder.generation, now, Duration{0}).value();
        table_.renew(slot, plan);
        holder.generation = plan.generation;
    }
    void release(const LeaseId& id) {
        const SlotIndex slot = table_.find(id, now).value();
        table_.enter_tearing_down(slot, {ErrorCode::released, lease::Reason::holder_request}, now,
                                  now);
        table_.enter_free(slot);
    }
    /// One turn: ends what is due and frees what has ended, each within `budget`.
    uint32_t turn(uint32_t budget) {
        uint32_t timers = budget;
        uint32_t ended = 0;
        for (auto slot = table_.next_due(now, timers); slot.has_value();
             slot = table_.next_due(now, timers)) {
            table_.enter_tearing_down(*slot, {ErrorCode::lease_expired, lease::Reason::ttl_elapsed},
                                      now, now);
            ++ended;
        }
        for (uint32_t freed = 0; freed < budget; ++freed) {
            const auto slot = table_.teardown_front(0);
            if (!slot.has_value()) {
                break;
            }
            table_.enter_free(*slot);
        }
        return ended;
    }
    [[nodiscard]] lease::LeaseTable& table() { return table_; }

private:
    std::array<uint8_t, 32> identity_{};
    std::vector<lease::HotSlot> hot_;
    std::vector<lease::ColdSlot> cold_;
    std::vector<lease::HashIndex::Entry> by_ref_;
    std::vector<lease::HashIndex::Entry> by_key_;
    std::vector<uint64_t> in_use_;
    std::vector<uint32_t> heads_;
    std::vector<uint64_t> words_;
    lease::LeaseTable table_;
    uint64_t epoch_ = 0;
};

} // namespace grafos::bench
