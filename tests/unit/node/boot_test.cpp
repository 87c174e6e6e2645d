// SPDX-License-Identifier: Apache-2.0
// How a node comes up, what keeps it from granting, and what a restart leaves.
#include "tests/support/node_rig.hpp"

namespace grafos::test {
namespace {

using lease::DegradedReason;
using node::Readiness;

NodeRigArea area;

class NodeBoot : public ::testing::Test {
protected:
    NodeRig rig{area};
};

TEST_F(NodeBoot, First_boot_walks_the_states_in_order_and_becomes_ready) {
    rig.power_on();
    Readiness last = rig.node().readiness();
    EXPECT_TRUE(last == Readiness::booting);
    for (int turns = 0; turns < 1'000 && last != Readiness::ready; ++turns) {
        rig.turn();
        const Readiness now = rig.node().readiness();
        EXPECT_TRUE(now >= last) << "states only go forward";
        last = now;
    }
    EXPECT_TRUE(last == Readiness::ready);
    EXPECT_EQ(rig.node().boot().value, 1u);
    EXPECT_GE(rig.node().anchored_end().value, 1u);
}

TEST_F(NodeBoot, No_lease_is_granted_before_ready) {
    rig.power_on();
    EXPECT_TRUE(rig.node().unhold({}).error().code == ErrorCode::not_ready);
    while (rig.node().readiness() != Readiness::ready) {
        const Result<lease::Ticket> ticket = rig.node().start(NodeRig::grant_request(1, 1_s));
        ASSERT_FALSE(ticket.is_ok());
        EXPECT_TRUE(ticket.error().code == ErrorCode::not_ready);
        EXPECT_TRUE(ticket.error().field == Field::readiness);
        rig.turn();
    }
    EXPECT_TRUE(rig.node().start(NodeRig::grant_request(1, 1_s)).is_ok());
}

TEST_F(NodeBoot, Waits_for_entropy_as_long_as_the_machine_has_none) {
    rig.entropy.error = Error{ErrorCode::busy, Field::entropy, 0, 0};
    rig.power_on();
    for (int turns = 0; turns < 100; ++turns) {
        rig.turn();
    }
    EXPECT_TRUE(rig.node().readiness() == Readiness::loading_identity);
    rig.entropy.error.reset();
    EXPECT_TRUE(rig.turn_until([&] { return rig.node().readiness() == Readiness::ready; }));
}

TEST_F(NodeBoot, Without_entropy_it_is_degraded_and_grants_nothing) {
    rig.entropy.error = Error{ErrorCode::io, Field::entropy, 0, 0};
    rig.boot();
    EXPECT_TRUE(rig.node().readiness() == Readiness::degraded);
    EXPECT_TRUE(rig.node().degraded_reason() == DegradedReason::device_lost);
    for (int turns = 0; turns < 10; ++turns) {
        rig.turn();
    }
    EXPECT_TRUE(rig.node().readiness() == Readiness::degraded) << "and it stays so";
    EXPECT_TRUE(rig.node().unhold({}).error().code == ErrorCode::degraded);
    const Result<lease::Ticket> ticket = rig.node().start(NodeRig::grant_request(1, 1_s));
    ASSERT_FALSE(ticket.is_ok());
    EXPECT_TRUE(ticket.error().code == ErrorCode::degraded);
}

TEST_F(NodeBoot, A_foreign_disk_is_left_as_it_is) {
    for (size_t i = 0; i < 4096; ++i) {
        rig.disk.disk()[i] = static_cast<uint8_t>(i * 7 + 1);
    }
    const uint32_t before = crc32c(rig.disk.disk());
    rig.boot();
    EXPECT_TRUE(rig.node().readiness() == Readiness::degraded);
    EXPECT_TRUE(rig.node().degraded_reason() == DegradedReason::foreign_disk);
    EXPECT_EQ(crc32c(rig.disk.disk()), before);
}

TEST_F(NodeBoot, Peers_row_3_a_restart_raises_epochs_and_no_old_id_works) {
    rig.boot_clean();
    const lease::Answer old_lease = rig.must_grant(4096, 300_s);
    const NodeId id = rig.node().identity().node_id();
    rig.cut_power();
    rig.boot_clean();
    EXPECT_TRUE(rig.node().identity().node_id() == id);
    EXPECT_EQ(rig.node().boot().value, 2u);
    const Result<lease::Answer> released = rig.ask(NodeRig::release_request(old_lease));
    ASSERT_FALSE(released.is_ok());
    EXPECT_TRUE(released.error().code == ErrorCode::not_found);
    // By id alone nobody can tell its boot; with its epoch the resource can (protocol §6).
    const auto access = rig.node().lessor().start_access(old_lease.lease, old_lease.epoch, {}, {},
                                                         rig.node().now());
    ASSERT_FALSE(access.is_ok());
    EXPECT_TRUE(access.error().code == ErrorCode::stale_epoch);
    EXPECT_EQ(access.error().value, old_lease.epoch.value);
    const lease::Answer fresh = rig.must_grant(4096, 1_s);
    EXPECT_GT(fresh.epoch.value, old_lease.epoch.value);
    EXPECT_TRUE(fresh.lease != old_lease.lease);
}

TEST_F(NodeBoot, Protocol_10_8_memory_kept_over_a_warm_reset_reads_as_zero) {
    rig.boot_clean();
    for (int boot = 0; boot < 2; ++boot) {
        const lease::Answer lease = rig.must_grant(rig_memory_bytes, 10_s);
        std::array<uint8_t, 512> data{};
        for (uint64_t offset = 0; offset < rig_memory_bytes; offset += data.size()) {
            lease::Access access;
            access.offset = offset;
            access.buffer = data;
            ASSERT_TRUE(rig.node().start_access_by_id(lease.lease, access).is_ok());
            ASSERT_TRUE(is_all_zero(data)) << "at " << offset;
            for (uint8_t& byte : data) {
                byte = 0x5a;
            }
            access.kind = lease::Access::Kind::write;
            ASSERT_TRUE(rig.node().start_access_by_id(lease.lease, access).is_ok());
        }
        rig.cut_power();
        rig.boot_clean();
    }
}

TEST_F(NodeBoot, The_epitaph_of_the_boot_before_stands_in_the_boot_record) {
    rig.boot();
    rig.cut_power();
    MutableBytes sector = rig.disk.disk().subspan(lease::epitaph_sector * 512, 512);
    zero_bytes(sector);
    copy_bytes(sector, Bytes{hal::epitaph_magic});
    store_big_endian<uint16_t>(&sector[hal::epitaph_offset::version], hal::epitaph_version);
    store_big_endian<uint16_t>(&sector[hal::epitaph_offset::kind], 2);
    store_big_endian<uint16_t>(&sector[hal::epitaph_offset::cpu], 3);
    store_big_endian<uint64_t>(&sector[hal::epitaph_offset::boot], 1);
    store_big_endian<uint32_t>(&sector[hal::epitaph_offset::site], 0x12345678);
    store_big_endian<uint32_t>(&sector[hal::epitaph_offset::checksum],
                               crc32c(sector.first(hal::epitaph_offset::checksum)));
    // Said by boot 1: it belongs into the record of boot 2, and into no later one.
    for (uint64_t boot = 2; boot <= 3; ++boot) {
        rig.boot();
        ASSERT_TRUE(rig.node().readiness() == Readiness::ready);
        ASSERT_TRUE(rig.node().start_export({0}).is_ok());
        bool has_epitaph = false;
        for (int turns = 0; turns < 2'000; ++turns) {
            const Result<node::ExportedRecord> record = rig.node().next_exported();
            if (!record.is_ok() && record.error().code != ErrorCode::busy) {
                break;
            }
            if (!record.is_ok()) {
                rig.turn();
                continue;
            }
            const auto view = lease::decode_record(record.value().canonical);
            ASSERT_TRUE(view.is_ok());
            if (view.value().event.kind == lease::EventKind::boot &&
                view.value().place.boot.value == boot) {
                const auto data =
                    lease::decode_data<lease::BootData>(view.value().event.event_data);
                ASSERT_TRUE(data.is_ok());
                has_epitaph = data.value().has_epitaph;
                EXPECT_EQ(data.value().epitaph.site, has_epitaph ? 0x12345678u : 0u);
            }
        }
        EXPECT_EQ(has_epitaph, boot == 2) << "boot " << boot;
        rig.cut_power();
    }
}

TEST_F(NodeBoot, Lost_durable_state_of_a_known_node_waits_for_an_operator) {
    rig.boot_clean();
    const lease::Answer before = rig.must_grant(4096, 1_s);
    const lease::DiskLayout layout = rig.node().log().layout();
    rig.cut_power();
    zero_bytes(rig.disk.disk().subspan(layout.checkpoint_first(0) * 512,
                                       2 * size_t{layout.checkpoint_sectors} * 512));
    zero_bytes(rig.disk.disk().subspan(layout.log_first() * 512, layout.log_sectors * 512));
    rig.boot();
    EXPECT_TRUE(rig.node().readiness() == Readiness::degraded);
    EXPECT_TRUE(rig.node().degraded_reason() == DegradedReason::no_durable_state);
    ASSERT_TRUE(rig.node().start_adopt({.epoch_floor = {1'000'000}}).is_ok());
    EXPECT_TRUE(rig.node().next_deadline() <= rig.raw) << "it goes on at once";
    EXPECT_TRUE(rig.turn_until([&] { return rig.node().readiness() == Readiness::ready; }));
    rig.turn_until([&] {
        return rig.node().lessor().resources()[0]->info().dirty == 0 &&
               rig.node().lessor().resources()[0]->info().tearing == 0;
    });
    EXPECT_GE(rig.must_grant(4096, 1_s).epoch.value, 1'000'000u);
    EXPECT_GT(rig.node().boot().value, 0u);
    EXPECT_GT(before.epoch.value, 0u);
}

TEST_F(NodeBoot, An_adopted_chain_goes_on_behind_the_collectors_last_record) {
    rig.boot_clean();
    (void)rig.must_grant(4096, 1_s);
    const lease::DiskLayout layout = rig.node().log().layout();
    const lease::Anchor last = rig.node().log().anchor();
    const BootNumber boot = rig.node().boot();
    rig.cut_power();
    zero_bytes(rig.disk.disk().subspan(layout.checkpoint_first(0) * 512,
                                       2 * size_t{layout.checkpoint_sectors} * 512));
    zero_bytes(rig.disk.disk().subspan(layout.log_first() * 512, layout.log_sectors * 512));
    rig.boot();
    ASSERT_TRUE(rig.node()
                    .start_adopt({.epoch_floor = {1'000'000}, .anchor = last, .last_boot = boot})
                    .is_ok());
    EXPECT_TRUE(rig.turn_until([&] { return rig.node().readiness() == Readiness::ready; }));
    EXPECT_GT(rig.node().boot().value, boot.value);
    EXPECT_TRUE(rig.node().log().log_start().first == last.next);
    EXPECT_TRUE(rig.node().anchored_end() > last.next);
}

TEST_F(NodeBoot, A_log_too_full_to_boot_is_exported_trimmed_and_goes_on) {
    rig.boot();
    for (int boots = 0; boots < 2'000 && rig.node().readiness() == Readiness::ready; ++boots) {
        rig.cut_power();
        rig.boot();
    }
    ASSERT_TRUE(rig.node().readiness() == Readiness::degraded);
    ASSERT_TRUE(rig.node().degraded_reason() == DegradedReason::log_full);
    EXPECT_FALSE(rig.node().start(NodeRig::grant_request(1, 1_s)).is_ok());
    ASSERT_TRUE(rig.node().sign_head().is_ok());
    ASSERT_TRUE(rig.node().start_export({0}).is_ok());
    const lease::Anchor anchor = rig.node().log().anchor();
    Sequence last{anchor.next.value / 2};
    Digest hash{};
    Digest first_hash{};
    for (int turns = 0; turns < 20'000; ++turns) {
        const Result<node::ExportedRecord> record = rig.node().next_exported();
        if (!record.is_ok()) {
            ASSERT_TRUE(record.error().code == ErrorCode::busy);
            rig.turn();
            continue;
        }
        const auto view = lease::decode_record(record.value().canonical);
        ASSERT_TRUE(view.is_ok());
        if (view.value().place.sequence.value == 0) {
            first_hash = record.value().hash;
        }
        if (view.value().place.sequence == last) {
            hash = record.value().hash;
            break;
        }
    }
    // A trim that frees nothing is refused and leaves room for a better one.
    const Result<> first = rig.node().start_trim({0}, first_hash);
    ASSERT_TRUE(first.is_ok()) << name_of(first.error().code);
    Error refused{ErrorCode::busy};
    EXPECT_TRUE(rig.turn_until([&] {
        const Result<Sequence> outcome = rig.node().poll_trim();
        refused = outcome.is_ok() ? Error{ErrorCode::released} : outcome.error();
        return refused.code != ErrorCode::busy;
    }));
    if (rig.node().readiness() == Readiness::ready) {
        return; // one group was enough on this layout
    }
    const Result<> trimmed = rig.node().start_trim(last, hash);
    ASSERT_TRUE(trimmed.is_ok()) << name_of(trimmed.error().code) << " at "
                                 << name_of(trimmed.error().field);
    EXPECT_TRUE(rig.turn_until([&] { return rig.node().readiness() == Readiness::ready; }));
    bool is_done = false;
    EXPECT_TRUE(rig.turn_until([&] {
        is_done = is_done || rig.node().poll_trim().is_ok();
        return is_done;
    }));
    EXPECT_GT(rig.node().log().log_start().first.value, 0u);
}

} // namespace
} // namespace grafos::test
