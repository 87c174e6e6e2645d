// SPDX-License-Identifier: Apache-2.0
// The table reason × message: each cell is reached, and nothing outside it is ever answered.
#include "core/crypto/sha256.hpp"
#include "core/wire/message_table.hpp"
#include "tests/support/service_rig.hpp"
#include "tests/unit/node/service/refusal_table.hpp"

namespace grafos::test {
namespace {

using wire::MessageType;

/// Codes that each message has been refused with, over all the tests of this file.
std::array<uint32_t, std::size(refusal_codes::rows)> seen{};

class ServiceRefusals : public ::testing::Test {
protected:
    ~ServiceRefusals() { note_all(); }

    void note_all() {
        for (size_t i = 0; i < rig.refusal_count; ++i) {
            note(rig.refusals[i].type, rig.refusals[i].error);
        }
        rig.refusal_count = 0;
    }
    static void note(MessageType type, const Error& error) {
        for (size_t row = 0; row < seen.size(); ++row) {
            const RefusalRow& known = refusal_codes::rows[row];
            if (known.type != type) {
                continue;
            }
            const uint32_t bit = 1u << static_cast<uint16_t>(error.code);
            EXPECT_TRUE(((known.reached | known.noted) & bit) != 0)
                << wire::name_of(type) << ": " << name_of(error.code) << " at "
                << name_of(error.field);
            seen[row] |= bit;
        }
    }

    /// Asks, and expects to be refused with `code`.
    void expect(ServiceClient& client, MessageType type, Bytes payload, ErrorCode code) {
        const Result<Bytes> answer = rig.ask_raw(client, type, payload);
        note_all();
        EXPECT_FALSE(answer.is_ok()) << wire::name_of(type) << ": expected " << name_of(code);
        if (!answer.is_ok()) {
            EXPECT_TRUE(answer.error().code == code)
                << wire::name_of(type) << ": expected " << name_of(code) << ", got "
                << name_of(answer.error().code) << " at " << name_of(answer.error().field);
        }
    }
    void expect_sample(ServiceClient& client, MessageType type, const ServiceRig::Held& held,
                       const lease::Token& cap, ErrorCode code) {
        const size_t size = sample_request(type, held, cap, bytes);
        expect(client, type, Bytes{bytes}.first(size), code);
    }
    /// As many at once as the window takes: some are refused with `code`.
    void expect_crowd(ServiceClient& client, MessageType type, const ServiceRig::Held& held,
                      const lease::Token& cap, ErrorCode code) {
        const size_t size = sample_request(type, held, cap, bytes);
        std::array<wire::RequestHandle, 64> requests{};
        for (wire::RequestHandle& request : requests) {
            const auto started =
                client.session.start(type, Bytes{bytes}.first(size), ServiceRig::patience, rig.raw);
            ASSERT_TRUE(started.is_ok());
            request = started.value();
        }
        size_t refused = 0;
        for (const wire::RequestHandle& request : requests) {
            const auto answer = rig.wait_for(client, type, request);
            refused += !answer.is_ok() && answer.error().code == code ? 1u : 0u;
            note_all();
        }
        EXPECT_GT(refused, 0u) << wire::name_of(type) << ": expected " << name_of(code);
    }
    [[nodiscard]] static bool has_lease_token(const wire::MessageEntry& entry) {
        return entry.token == wire::TokenNeed::lease;
    }
    [[nodiscard]] static bool is_block(MessageType type) {
        return type == MessageType::block_read || type == MessageType::block_write ||
               type == MessageType::block_flush;
    }
    [[nodiscard]] ServiceRig::Held hold_for(MessageType type) {
        return is_block(type) ? rig.must_hold(rig.oper, 16'384, lease::ResourceKind::block)
                              : rig.must_hold(rig.oper, 4'096);
    }

    ServiceRig rig{};
    std::array<uint8_t, wire::whole_payload_bytes_max> bytes{};
};

TEST_F(ServiceRefusals, Malformed_payloads_of_every_message) {
    rig.boot();
    const ServiceRig::Held held = rig.must_hold(rig.oper, 4'096);
    const lease::Token cap = rig.must_cap(rig.oper, 4'096);
    for (const wire::MessageEntry& entry : wire::message_table()) {
        const bool is_empty = entry.request->bytes_max == 0;
        expect(rig.oper, entry.type, is_empty ? Bytes{bytes}.first(1) : Bytes{},
               ErrorCode::corrupt);
        // Behind its fields, more TLVs than a payload may carry.
        size_t size = sample_request(entry.type, held, cap, bytes);
        bytes[size] = 0x7F;
        store_big_endian<uint16_t>(bytes.data() + size + 1, 200);
        zero_bytes(MutableBytes{bytes}.subspan(size + 3, 200));
        size += 203;
        expect(rig.oper, entry.type, Bytes{bytes}.first(size), ErrorCode::capacity_exceeded);
        bytes = {};
        rig.run(Duration{2});
    }
}

TEST_F(ServiceRefusals, Values_that_no_message_takes) {
    rig.boot();
    const ServiceRig::Held held = rig.must_hold(rig.oper, 4'096);
    const lease::Token cap = rig.must_cap(rig.oper, 4'096);
    for (const wire::MessageEntry& entry : wire::message_table()) {
        const size_t size = sample_request(entry.type, held, cap, bytes);
        if (entry.token != wire::TokenNeed::none) {
            bytes[4 + 1] = 9; // no kind of token
        } else if (entry.type == MessageType::cap_request) {
            zero_bytes(MutableBytes{bytes}.subspan(22, 8)); // no bytes at all
        } else if (entry.type == MessageType::lease_query) {
            zero_bytes(MutableBytes{bytes}.subspan(1, 16));
        } else if (entry.type == MessageType::audit_read) {
            zero_bytes(MutableBytes{bytes}.subspan(8, 2));
        } else if (entry.type == MessageType::audit_trim) {
            zero_bytes(MutableBytes{bytes}.subspan(8, 32));
        } else if (entry.type == MessageType::time_sync || entry.type == MessageType::lease_free ||
                   entry.type == MessageType::lease_checkpoint ||
                   entry.type == MessageType::lease_attach ||
                   entry.type == MessageType::lease_revoke) {
            zero_bytes(MutableBytes{bytes}.first(entry.type == MessageType::time_sync ? 8 : 16));
        } else {
            continue;
        }
        expect(rig.oper, entry.type, Bytes{bytes}.first(size), ErrorCode::invalid_argument);
        rig.run(Duration{2});
    }
}

TEST_F(ServiceRefusals, What_the_principal_or_the_token_does_not_allow) {
    rig.boot();
    const lease::Token cap = rig.must_cap(rig.oper, 4'096);
    for (const wire::MessageEntry& entry : wire::message_table()) {
        ServiceRig::Held held = hold_for(entry.type);
        if (entry.roles.bits != 0) {
            expect_sample(rig.bob, entry.type, held, cap, ErrorCode::denied);
        } else if (entry.token != wire::TokenNeed::none) {
            lease::Token forged = entry.token == wire::TokenNeed::alloc ? cap : held.token;
            forged.bytes[forged.size - 1u] ^= 1;
            ServiceRig::Held other = held;
            other.token = forged;
            expect_sample(rig.oper, entry.type, other, forged, ErrorCode::denied);
            forged.bytes[forged.size - 1u] ^= 1;
            forged.bytes[0] = 2;
            other.token = forged;
            expect_sample(rig.oper, entry.type, other, forged, ErrorCode::unsupported_version);
        } else if (entry.type == MessageType::lease_free ||
                   entry.type == MessageType::lease_query ||
                   entry.type == MessageType::lease_checkpoint ||
                   entry.type == MessageType::lease_attach) {
            expect_sample(rig.bob, entry.type, held, cap, ErrorCode::denied);
        }
        EXPECT_TRUE(rig.free(rig.oper, held).is_ok());
        rig.run(Duration{2});
    }
}

TEST_F(ServiceRefusals, Tokens_of_an_earlier_boot) {
    rig.boot();
    const lease::Token cap = rig.must_cap(rig.oper, 4'096);
    const ServiceRig::Held memory = rig.must_hold(rig.oper, 4'096);
    const ServiceRig::Held block = rig.must_hold(rig.oper, 16'384, lease::ResourceKind::block);
    rig.cut_power();
    rig.boot();
    for (const wire::MessageEntry& entry : wire::message_table()) {
        if (entry.token != wire::TokenNeed::none) {
            expect_sample(rig.oper, entry.type, is_block(entry.type) ? block : memory, cap,
                          ErrorCode::stale_epoch);
        }
    }
}

TEST_F(ServiceRefusals, Leases_that_have_ended) {
    rig.boot();
    const lease::Token cap = rig.must_cap(rig.oper, 4'096);
    const ErrorCode codes[] = {ErrorCode::released, ErrorCode::revoked, ErrorCode::lease_expired};
    std::array<ServiceRig::Held, 6> ended{};
    for (size_t i = 0; i < 6; ++i) {
        const auto kind = i < 3 ? lease::ResourceKind::memory : lease::ResourceKind::block;
        ended[i] = rig.must_hold(rig.oper, i < 3 ? 4'096u : 16'384u, kind, Duration{1'500});
        if (codes[i % 3] == ErrorCode::released) {
            ASSERT_TRUE(rig.free(rig.oper, ended[i]).is_ok());
        } else if (codes[i % 3] == ErrorCode::revoked) {
            ASSERT_TRUE(rig.ask<wire::LeaseRevokeReply>(
                               rig.oper, MessageType::lease_revoke,
                               wire::LeaseRevokeRequest{ended[i].ref, {}, lease::Reason::none})
                            .is_ok());
        }
    }
    rig.run(Duration{1'600});
    for (const wire::MessageEntry& entry : wire::message_table()) {
        const bool names_lease = has_lease_token(entry) || entry.type == MessageType::lease_free ||
                                 entry.type == MessageType::lease_checkpoint ||
                                 entry.type == MessageType::lease_attach ||
                                 entry.type == MessageType::lease_revoke;
        for (size_t i = 0; names_lease && i < 3; ++i) {
            expect_sample(rig.oper, entry.type, ended[i + (is_block(entry.type) ? 3 : 0)], cap,
                          codes[i]);
            rig.run(Duration{1});
        }
    }
}

TEST_F(ServiceRefusals, What_there_is_not) {
    rig.boot();
    const lease::Token cap = rig.must_cap(rig.oper, 4'096);
    const ServiceRig::Held memory = rig.must_hold(rig.oper, 4'096);
    const ServiceRig::Held block = rig.must_hold(rig.oper, 16'384, lease::ResourceKind::block);
    ASSERT_TRUE(rig.free(rig.oper, memory).is_ok());
    ASSERT_TRUE(rig.free(rig.oper, block).is_ok());
    for (uint32_t i = 0; i < service_limits.lease_count_max + 2; ++i) { // every slot is used again
        ASSERT_TRUE(rig.free(rig.oper, rig.must_hold(rig.oper, 4'096)).is_ok());
    }
    for (const wire::MessageEntry& entry : wire::message_table()) {
        const bool names_lease =
            has_lease_token(entry) || entry.type == MessageType::lease_free ||
            entry.type == MessageType::lease_query || entry.type == MessageType::lease_checkpoint ||
            entry.type == MessageType::lease_attach || entry.type == MessageType::lease_revoke;
        if (names_lease || entry.type == MessageType::fence_clear ||
            entry.type == MessageType::program_call) {
            expect_sample(rig.oper, entry.type, is_block(entry.type) ? block : memory, cap,
                          ErrorCode::not_found);
            rig.run(Duration{1});
        }
    }
    size_t size = sample_request(MessageType::cap_request, memory, cap, bytes);
    store_big_endian<uint16_t>(bytes.data() + 4, static_cast<uint16_t>(lease::ResourceKind::gpu));
    expect(rig.oper, MessageType::cap_request, Bytes{bytes}.first(size), ErrorCode::not_found);
    size = sample_request(MessageType::lease_alloc, memory, cap, bytes);
    const size_t kind_at = 4 + size_t{cap.size};
    store_big_endian<uint16_t>(bytes.data() + kind_at,
                               static_cast<uint16_t>(lease::ResourceKind::gpu));
    expect(rig.oper, MessageType::lease_alloc, Bytes{bytes}.first(size), ErrorCode::not_found);
    store_big_endian<uint16_t>(bytes.data() + kind_at,
                               static_cast<uint16_t>(lease::ResourceKind::block));
    expect(rig.oper, MessageType::lease_alloc, Bytes{bytes}.first(size), ErrorCode::foreign);
    size = sample_request(MessageType::audit_read, memory, cap, bytes);
    store_big_endian<uint64_t>(bytes.data(), 1'000'000);
    expect(rig.oper, MessageType::audit_read, Bytes{bytes}.first(size), ErrorCode::not_found);
}

TEST_F(ServiceRefusals, The_wrong_kind_of_lease) {
    rig.boot();
    const lease::Token cap = rig.must_cap(rig.oper, 4'096);
    const ServiceRig::Held memory = rig.must_hold(rig.oper, 4'096);
    const ServiceRig::Held block = rig.must_hold(rig.oper, 16'384, lease::ResourceKind::block);
    for (const wire::MessageEntry& entry : wire::message_table()) {
        if (entry.message_class == wire::MessageClass::data) {
            expect_sample(rig.oper, entry.type, is_block(entry.type) ? memory : block, cap,
                          ErrorCode::unsupported);
        }
    }
}

TEST_F(ServiceRefusals, More_at_once_than_there_is_room_for) {
    rig.boot();
    const lease::Token cap = rig.must_cap(rig.oper, 4'096);
    const ServiceRig::Held memory =
        rig.must_hold(rig.oper, 4'096, lease::ResourceKind::memory, Duration{300'000});
    const ServiceRig::Held block =
        rig.must_hold(rig.oper, 16'384, lease::ResourceKind::block, Duration{300'000});
    for (const wire::MessageEntry& entry : wire::message_table()) {
        const bool is_look = entry.message_class == wire::MessageClass::look ||
                             entry.type == MessageType::cap_request ||
                             entry.type == MessageType::token_refresh;
        if (is_look || entry.type == MessageType::program_call) {
            expect_crowd(rig.oper, entry.type, memory, cap, ErrorCode::rate_limited);
        } else if (entry.message_class == wire::MessageClass::data ||
                   entry.type == MessageType::audit_read) {
            expect_crowd(rig.oper, entry.type, is_block(entry.type) ? block : memory, cap,
                         ErrorCode::busy);
        }
    }
}

TEST_F(ServiceRefusals, Quotas_graces_and_trims) {
    rig.alice_entry.roles = wire::all_roles;
    rig.alice_entry.quota_leases = 1;
    rig.boot();
    const lease::Token cap = rig.must_cap(rig.oper, 4'096);
    const ServiceRig::Held held = rig.must_hold(rig.alice, 4'096);
    expect_sample(rig.alice, MessageType::lease_alloc, held, cap, ErrorCode::rate_limited);
    for (uint32_t i = 0; i <= lease::graces_max; ++i) {
        const ServiceRig::Held other = rig.must_hold(rig.oper, 4'096);
        const size_t size = sample_request(MessageType::lease_revoke, other, cap, bytes);
        store_big_endian<uint64_t>(bytes.data() + 16, 60'000);
        if (i == lease::graces_max) {
            expect(rig.oper, MessageType::lease_revoke, Bytes{bytes}.first(size), ErrorCode::busy);
        } else {
            ASSERT_TRUE(
                rig.ask_raw(rig.oper, MessageType::lease_revoke, Bytes{bytes}.first(size)).is_ok());
        }
    }
    // Two trims at once: the first one waits for the disk.
    const uint64_t last = rig.node().anchored_end().value - 1;
    wire::AuditTrimRequest trim{{last}, Digest{{1}}};
    const auto first = rig.start(rig.oper, MessageType::audit_trim, trim);
    const auto second = rig.start(rig.oper, MessageType::audit_trim, trim);
    const auto wrong = rig.wait_for(rig.oper, MessageType::audit_trim, first);
    ASSERT_FALSE(wrong.is_ok());
    EXPECT_TRUE(wrong.error().code == ErrorCode::denied && wrong.error().field == Field::hash);
    const auto busy = rig.wait_for(rig.oper, MessageType::audit_trim, second);
    ASSERT_FALSE(busy.is_ok());
    EXPECT_TRUE(busy.error().code == ErrorCode::busy);
    trim.last = {1'000'000};
    const auto beyond = rig.ask<wire::AuditTrimReply>(rig.oper, MessageType::audit_trim, trim);
    ASSERT_FALSE(beyond.is_ok());
    EXPECT_TRUE(beyond.error().code == ErrorCode::invalid_argument);
    // What was trimmed is not there any more.
    const auto record =
        rig.ask<wire::AuditHeadReply>(rig.oper, MessageType::audit_head, wire::AuditHeadRequest{});
    ASSERT_TRUE(record.is_ok());
    trim.last = {record.value().next.value - 1};
    trim.hash = record.value().hash;
    ASSERT_TRUE(rig.ask<wire::AuditTrimReply>(rig.oper, MessageType::audit_trim, trim).is_ok());
    trim.last = {0};
    const auto gone = rig.ask<wire::AuditTrimReply>(rig.oper, MessageType::audit_trim, trim);
    ASSERT_FALSE(gone.is_ok());
    EXPECT_TRUE(gone.error().code == ErrorCode::not_found);
}

TEST_F(ServiceRefusals, A_disk_that_refuses) {
    rig.boot();
    const lease::Token cap = rig.must_cap(rig.oper, 4'096);
    const ServiceRig::Held block = rig.must_hold(rig.oper, 16'384, lease::ResourceKind::block);
    const lease::DiskLayout layout = rig.node().log().layout();
    for (const auto operation : {hal::BlockOperation::read, hal::BlockOperation::write}) {
        rig.disk.fail_sectors(operation, layout.data_first(), layout.data_sectors());
    }
    expect_sample(rig.oper, MessageType::block_read, block, cap, ErrorCode::io);
    expect_sample(rig.oper, MessageType::block_write, block, cap, ErrorCode::io);
    rig.disk.fail_nth(hal::BlockOperation::flush, 1);
    expect_sample(rig.oper, MessageType::block_flush, block, cap, ErrorCode::io);
    // Its units can not be wiped: a fence, and a clear that fails again.
    ASSERT_TRUE(rig.free(rig.oper, block).is_ok());
    const lease::Resource& resource = *rig.node().lessor().resources()[1];
    ASSERT_TRUE(rig.turn_until([&] { return resource.info().fenced > 0; }));
    wire::FenceClearRequest clear;
    clear.resource = resource.info().id;
    clear.fence = resource.fence_of(resource.find_run(lease::UnitState::fenced, 0).first_unit);
    const auto list =
        rig.ask<wire::FenceListReply>(rig.oper, MessageType::fence_list, wire::FenceListRequest{});
    ASSERT_TRUE(list.is_ok());
    ASSERT_EQ(list.value().fences.size(), 1u);
    EXPECT_TRUE((*list.value().fences.begin()).fence == clear.fence);
    wire::FenceClearRequest elsewhere = clear;
    elsewhere.resource = rig.node().lessor().resources()[0]->info().id;
    const auto other =
        rig.ask<wire::FenceClearReply>(rig.oper, MessageType::fence_clear, elsewhere);
    ASSERT_FALSE(other.is_ok());
    EXPECT_TRUE(other.error().field == Field::fence_sequence) << "not a fence of that resource";
    const auto first = rig.start(rig.oper, MessageType::fence_clear, clear);
    const auto second = rig.start(rig.oper, MessageType::fence_clear, clear);
    const auto fenced = rig.wait_for(rig.oper, MessageType::fence_clear, first);
    ASSERT_FALSE(fenced.is_ok());
    EXPECT_TRUE(fenced.error().code == ErrorCode::fenced);
    const auto busy = rig.wait_for(rig.oper, MessageType::fence_clear, second);
    ASSERT_FALSE(busy.is_ok());
    EXPECT_TRUE(busy.error().code == ErrorCode::busy);
    rig.disk.heal();
    clear.fence = {fenced.error().value};
    EXPECT_TRUE(rig.ask<wire::FenceClearReply>(rig.oper, MessageType::fence_clear, clear).is_ok());
    rig.disk.fail_nth(hal::BlockOperation::read, 1);
    const size_t size = sample_request(MessageType::audit_read, block, cap, bytes);
    expect(rig.oper, MessageType::audit_read, Bytes{bytes}.first(size), ErrorCode::io);
}

TEST_F(ServiceRefusals, A_node_whose_log_is_too_full_to_boot) {
    rig.options = {.log_percent = 10, .checkpoint_groups = 8};
    rig.boot();
    const lease::Token cap = rig.must_cap(rig.oper, 4'096);
    const ServiceRig::Held memory = rig.must_hold(rig.oper, 4'096);
    ServiceRig::Held other = memory;
    for (int grants = 0; grants < 2'000; ++grants) {
        const auto held = rig.alloc(rig.oper, cap, 4'096, Duration{60'000});
        if (!held.is_ok()) {
            break;
        }
        other = held.value();
        ASSERT_TRUE(rig.free(rig.oper, other).is_ok());
    }
    note_all();
    for (int boots = 0; boots < 500; ++boots) {
        rig.cut_power();
        rig.power_on();
        rig.turn_until([&] {
            return rig.node().readiness() == node::Readiness::ready ||
                   rig.node().readiness() == node::Readiness::degraded;
        });
        if (rig.node().readiness() == node::Readiness::degraded) {
            break;
        }
    }
    ASSERT_TRUE(rig.node().degraded_reason() == lease::DegradedReason::log_full);
    ASSERT_TRUE(rig.open(rig.oper)) << "a collector is let in";
    for (const RefusalRow& row : refusal_codes::rows) {
        const bool is_trim = row.type == MessageType::audit_trim; // that one gets it out of there
        if (!is_trim && (row.reached & refusal_codes::of(ErrorCode::degraded)) != 0) {
            expect_sample(rig.oper, row.type, memory, cap, ErrorCode::degraded);
            rig.run(Duration{1});
        }
    }
    const auto head =
        rig.ask<wire::AuditHeadReply>(rig.oper, MessageType::audit_head, wire::AuditHeadRequest{});
    ASSERT_TRUE(head.is_ok());
    const auto half =
        rig.ask<wire::AuditReadReply>(rig.oper, MessageType::audit_read,
                                      wire::AuditReadRequest{{head.value().next.value / 2}, 1});
    ASSERT_TRUE(half.is_ok());
    wire::AuditTrimRequest trim{{half.value().next.value - 1}, {}};
    crypto::Sha256 hasher;
    trim.hash = hasher.update((*half.value().records.begin()).canonical).finish();
    ASSERT_TRUE(rig.ask<wire::AuditTrimReply>(rig.oper, MessageType::audit_trim, trim).is_ok());
    EXPECT_TRUE(rig.node().readiness() == node::Readiness::ready);
    EXPECT_TRUE(rig.turn_until([&] { return rig.node().lessor().is_idle(); }));
    (void)rig.must_hold(rig.oper, 4'096);
}

TEST_F(ServiceRefusals, A_log_that_can_no_longer_be_written) {
    rig.boot();
    const ServiceRig::Held held = rig.must_hold(rig.oper, 4'096);
    rig.disk.fail_sectors(hal::BlockOperation::write, 0, service_disk_bytes / 512);
    (void)rig.free(rig.oper, held).is_ok();
    rig.turn_until([&] { return rig.node().readiness() == node::Readiness::degraded; });
    expect_sample(rig.oper, MessageType::audit_trim, held, held.token, ErrorCode::degraded);
}

TEST_F(ServiceRefusals, A_node_that_lost_its_state_speaks_to_its_console_only) {
    rig.boot();
    const lease::DiskLayout layout = rig.node().log().layout();
    rig.cut_power();
    zero_bytes(rig.disk.disk().subspan(layout.checkpoint_first(0) * 512,
                                       2 * size_t{layout.checkpoint_sectors} * 512));
    zero_bytes(rig.disk.disk().subspan(layout.log_first() * 512, layout.log_sectors * 512));
    rig.power_on();
    rig.turn_until([&] { return rig.node().readiness() == node::Readiness::degraded; });
    ASSERT_TRUE(rig.node().degraded_reason() == lease::DegradedReason::no_durable_state);
    rig.run(Duration{200});
    EXPECT_EQ(rig.service().port().figures().sent, 0u);
    ASSERT_TRUE(rig.node().start_adopt({.epoch_floor = {1'000'000}}).is_ok());
    rig.turn_until([&] { return rig.node().readiness() == node::Readiness::ready; });
    EXPECT_TRUE(rig.open(rig.oper)) << "adopted, it serves";
}

// Stands last by place and by name: frames differ in which they go by.
TEST_F(ServiceRefusals, With_these_every_cell_has_been_reached) {
    for (size_t row = 0; row < seen.size(); ++row) {
        EXPECT_EQ(seen[row] & refusal_codes::rows[row].reached, refusal_codes::rows[row].reached)
            << wire::name_of(refusal_codes::rows[row].type) << ": some of its codes were not "
            << "reached by the tests above; run them together";
    }
    EXPECT_EQ(std::size(refusal_codes::rows), wire::message_table().size());
}

} // namespace
} // namespace grafos::test
