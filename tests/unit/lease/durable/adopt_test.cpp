// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/formatter.hpp"

#include "tests/support/power_cut.hpp"

#include "tests/unit/lease/durable/bad_disk.hpp"

namespace grafos::test {
namespace {

using lease::Adoption;
using lease::DegradedReason;
using lease::LogPhase;

/// A disk whose checkpoints are gone.
class DurableAdopt : public BadDisk {
protected:
    void lose_checkpoints() { zero_bytes(sectors(layout_.checkpoint_first(0), 16)); }
    /// Boots, adopts, and says how that went.
    DurableRig& adopt(const Adoption& adoption) {
        rig_.emplace(device_);
        EXPECT_TRUE(rig_->boot() == LogPhase::degraded);
        EXPECT_TRUE(rig_->log.state().reason == DegradedReason::no_durable_state);
        const Result<> adopted = rig_->log.adopt(adoption);
        error_ = adopted.is_ok() ? Error{} : adopted.error();
        (void)rig_->settle();
        return *rig_;
    }

    RamBlockDevice device_{disk_};
    std::optional<DurableRig> rig_{};
    Error error_{};
};

TEST_F(DurableAdopt, A_floor_below_a_mark_that_can_still_be_read_is_refused) {
    lose_checkpoints();
    DurableRig& rig = adopt({Epoch{1}, {}, {}});
    EXPECT_TRUE(error_.code == ErrorCode::invalid_argument);
    EXPECT_TRUE(error_.field == Field::epoch);
    EXPECT_EQ(4097u, error_.expected);
    EXPECT_TRUE(rig.log.state().phase == LogPhase::degraded);
    EXPECT_TRUE(rig.log.adopt({Epoch{0}, {}, {}}).error().field == Field::epoch);
    EXPECT_TRUE(rig.log.adopt({Epoch{5000}, {{4}, {}}, {}}).error().field == Field::hash);
}

TEST_F(DurableAdopt, The_chain_goes_on_behind_the_youngest_group_that_can_still_be_read) {
    lose_checkpoints();
    DurableRig& rig = adopt({Epoch{9000}, {}, {}});
    ASSERT_TRUE(rig.log.state().phase == LogPhase::ready);
    EXPECT_TRUE(rig.log.is_adopted());
    EXPECT_EQ(record_count, rig.log.appended_end().value);
    EXPECT_EQ(9000u, rig.log.first_epoch().value);
    EXPECT_EQ(2u, rig.log.boot().value);
    const SampleEvent sample{lease::EventKind::state_adopted, 1};
    EXPECT_EQ(record_count, rig.append(sample.event, lease::Draw::control).value);
    ASSERT_TRUE(rig.drain());
    rig.log.request_checkpoint();
    ASSERT_TRUE(rig.drain());
    rig_.emplace(device_);
    EXPECT_TRUE(rig_->boot() == LogPhase::ready);
    EXPECT_FALSE(rig_->log.is_adopted());
    EXPECT_EQ(record_count + 1, rig_->log.anchored_end().value);
}

TEST_F(DurableAdopt, A_log_that_is_gone_too_goes_on_behind_the_collectors_anchor) {
    lose_checkpoints();
    zero_bytes(sectors(layout_.log_first(), layout_.log_sectors));
    Adoption adoption;
    adoption.epoch_floor = Epoch{777};
    adoption.anchor.next = Sequence{12};
    adoption.anchor.hash.bytes[0] = 0xab;
    adoption.last_boot = BootNumber{41};
    DurableRig& rig = adopt(adoption);
    ASSERT_TRUE(rig.log.state().phase == LogPhase::ready);
    EXPECT_EQ(12u, rig.log.appended_end().value);
    EXPECT_EQ(777u, rig.log.first_epoch().value);
    EXPECT_EQ(42u, rig.log.boot().value);
    EXPECT_TRUE(rig.log.anchor() == adoption.anchor);
}

TEST_F(DurableAdopt, A_log_is_never_adopted_to_a_sequence_that_it_has_used) {
    lose_checkpoints();
    Adoption adoption;
    adoption.epoch_floor = Epoch{9000};
    adoption.anchor.next = Sequence{3};
    adoption.anchor.hash.bytes[0] = 1;
    EXPECT_EQ(record_count, adopt(adoption).log.appended_end().value);
}

TEST_F(DurableAdopt, An_adoption_cut_anywhere_is_either_not_yet_or_done) {
    lose_checkpoints();
    const auto before = disk_;
    static std::array<BlockRecord, 32> records;
    static std::array<uint8_t, 8192> data;
    static std::array<uint8_t, sizeof disk_> durable, scratch;
    BlockLog log{records, data};
    {
        RamBlockDevice device{disk_, &log};
        DurableRig rig{device};
        ASSERT_TRUE(rig.boot() == LogPhase::degraded);
        ASSERT_TRUE(rig.log.adopt({Epoch{9000}, {}, {}}).is_ok());
        ASSERT_TRUE(rig.settle() == LogPhase::ready);
    }
    PowerCuts cuts{log, before, durable};
    uint64_t adopted = 0, lost = 0;
    for (uint64_t moment = 0; moment <= log.moment; ++moment) {
        cuts.move_to(moment);
        for (size_t variant = 0; variant < cuts.variant_count(); ++variant) {
            cuts.build(variant, moment, scratch);
            RamBlockDevice device{scratch};
            DurableRig rig{device};
            const LogPhase phase = rig.boot();
            if (phase == LogPhase::ready) {
                EXPECT_TRUE(rig.log.is_adopted());
                EXPECT_EQ(9000u, rig.log.first_epoch().value);
                EXPECT_EQ(record_count, rig.log.appended_end().value);
                adopted += 1;
            } else {
                EXPECT_TRUE(rig.log.state().reason == DegradedReason::no_durable_state);
                lost += 1;
            }
        }
    }
    EXPECT_GT(adopted, 0u);
    EXPECT_GT(lost, 0u);
}

} // namespace
} // namespace grafos::test
