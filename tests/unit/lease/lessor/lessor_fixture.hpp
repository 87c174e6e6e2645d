// SPDX-License-Identifier: Apache-2.0
/// A lessor over twins: a table of 16, two resources of 64 units, a journal in RAM, time by hand.
#pragma once

#include "core/lease/lessor/lessor.hpp"
#include "tests/support/fake_resource.hpp"
#include "tests/support/ram_journal.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::lease::test {

using grafos::test::FakeResource;
using grafos::test::KeptRecord;
using grafos::test::RamJournalOf;

inline constexpr NodeLimits test_limits{
    .lease_count_max = 16,
    .memory_units_max = FakeResource::units_max,
    .block_units_max = FakeResource::units_max,
    .group_bytes_max = 4096,
    .outbox_slots_max = 4,
    .block_accesses_max = 4,
    .events_max = 16,
    .renewals_max = 4,
    .turn_max = Duration{5},
    .teardown_deadline = Duration{1'000},
    .expiries_per_turn_max = 8,
    .requests_per_turn_max = 4,
    .wipe_bytes_per_turn = 4096,
};
inline constexpr LessorBudget ample{.expiries = 1'000, .wipe_bytes = 1 << 20};
inline constexpr Duration ttl{1'000};
inline constexpr UnixMillis unix_base{1'700'000'000'000};
inline constexpr uint64_t unit = FakeResource::unit_bytes;

/// 0, which is nobody's code, for a success.
template <typename T>
[[nodiscard]] ErrorCode code_of(const Result<T>& result) {
    return result.is_ok() ? ErrorCode{} : result.error().code;
}
template <typename T>
[[nodiscard]] Field field_of(const Result<T>& result) {
    return result.is_ok() ? Field::none : result.error().field;
}
inline constexpr ErrorCode no_error{};

/// Everything that a refused request must leave as it was.
struct Figures {
    std::array<uint32_t, phase_count> phases{};
    std::array<uint64_t, 10> units{};
    uint64_t records = 0;
    uint64_t promised = 0;
    uint64_t next_epoch = 0;
    friend bool operator==(const Figures&, const Figures&) = default;
};

/// The node around the twins; made anew for each boot of a test that restarts.
struct Bench {
    LeaseTableOf<16> table{};
    crypto::Drbg drbg{};
    observe::Counters counters{};
    observe::EventRingOf<16> events{};
    std::array<Resource*, 2> resources;
    Lessor lessor;

    Bench(FakeResource& memory, FakeResource& block, Journal& journal, Instant now,
          const NodeLimits& limits = test_limits)
        : resources{&memory, &block},
          lessor{{table, resources, journal, drbg, counters, events}, limits} {
        table.start(now, {1, 2});
        drbg.seed(bytes_of("seed"));
        lessor.start(unix_base, Epoch{1});
    }
};

class LessorFixture : public ::testing::Test {
protected:
    Instant now = grafos::test::start_time();
    RamJournalOf<4096> journal{};
    FakeResource memory{ResourceKind::memory, resource_id_of(ResourceKind::memory, 0)};
    FakeResource block{ResourceKind::block, resource_id_of(ResourceKind::block, 0)};
    Bench bench{memory, block, journal, now};
    Lessor& lessor = bench.lessor;
    LeaseTable& table = bench.table;

    [[nodiscard]] uint64_t count(observe::Counter counter) const {
        return bench.counters.value(counter);
    }
    void pass(uint64_t ms) { now.ms += ms; }
    bool tick(const LessorBudget& budget = ample) { return lessor.tick(now, budget); }
    /// Turns until nothing is left to be done now; false: it does not come to rest.
    bool settle() {
        for (int turn = 0; turn < 1'000; ++turn) {
            if (!tick()) {
                return true;
            }
        }
        return false;
    }

    [[nodiscard]] static Request request_of(Operation operation, std::string_view who = "ann") {
        Request request;
        request.operation = operation;
        request.caller = {TenantId{7}, bytes_of(who)};
        return request;
    }
    [[nodiscard]] static Request grant_request(uint64_t bytes = unit,
                                               ResourceKind kind = ResourceKind::memory) {
        Request request = request_of(Operation::grant);
        request.resource = resource_id_of(kind, 0);
        request.amount_bytes = bytes;
        request.ttl = ttl;
        return request;
    }
    [[nodiscard]] Answer grant(uint64_t bytes = unit, ResourceKind kind = ResourceKind::memory) {
        return lessor.grant(grant_request(bytes, kind), now).value();
    }
    [[nodiscard]] static Request renewal_of(const Answer& lease) {
        Request request = request_of(Operation::renew);
        request.lease = lease.lease;
        request.generation = lease.generation;
        return request;
    }
    [[nodiscard]] static Request release_of(const Answer& lease, std::string_view who = "ann") {
        Request request = request_of(Operation::release, who);
        request.lease = lease.lease;
        return request;
    }
    [[nodiscard]] static Request revocation_of(const Answer& lease, Duration grace = {},
                                               Reason reason = Reason::operator_request) {
        Request request = request_of(Operation::revoke, "operator");
        request.lease_ref = lease.lease_ref;
        request.grace = grace;
        request.reason = reason;
        return request;
    }
    [[nodiscard]] static Request report_of(const Answer& lease) {
        Request request = request_of(Operation::report_checkpoint);
        request.lease = lease.lease;
        return request;
    }
    [[nodiscard]] static Request clear_of(Sequence fence) {
        Request request = request_of(Operation::clear_fence, "operator");
        request.fence = fence;
        return request;
    }

    [[nodiscard]] Result<AccessHandle> access(const Answer& lease, Access::Kind kind,
                                              MutableBytes buffer, uint64_t offset = 0) {
        Access access;
        access.kind = kind;
        access.offset = offset;
        access.buffer = buffer;
        return lessor.start_access(lease.lease, lease.epoch, lease.generation, access, now);
    }
    /// What a holder gets who tries to read one byte now; 0: he may.
    [[nodiscard]] ErrorCode try_read(const Answer& lease) {
        std::array<uint8_t, 1> byte{};
        return code_of(access(lease, Access::Kind::read, byte));
    }
    void fill(const Answer& lease, uint8_t value) {
        std::array<uint8_t, unit> bytes;
        bytes.fill(value);
        static_cast<void>(access(lease, Access::Kind::write, bytes).value());
    }

    [[nodiscard]] Phase phase_of(const Answer& lease) const {
        return table.phase(slot_of(lease.lease));
    }
    [[nodiscard]] Extent extent_of(const Answer& lease) const {
        return table.extent(slot_of(lease.lease));
    }

    [[nodiscard]] Figures figures() const {
        Figures figures;
        for (size_t phase = 0; phase < phase_count; ++phase) {
            figures.phases[phase] = table.count_in(static_cast<Phase>(phase));
        }
        const ResourceInfo a = memory.info();
        const ResourceInfo b = block.info();
        figures.units = {a.free, a.leased, a.tearing, a.dirty, a.fenced,
                         b.free, b.leased, b.tearing, b.dirty, b.fenced};
        figures.records = journal.end();
        figures.promised =
            journal.promised_ends() + journal.promised_fences() + journal.promised_clears();
        figures.next_epoch = lessor.next_epoch().value;
        return figures;
    }
    /// §10: every unit in one state, nothing drawn that was not promised, the table sound.
    void check_books() const {
        EXPECT_TRUE(table.check_invariants());
        EXPECT_EQ(journal.unpromised(), 0u);
        for (const FakeResource* const resource : {&memory, &block}) {
            const ResourceInfo info = resource->info();
            EXPECT_EQ(info.free + info.leased + info.tearing + info.dirty + info.fenced,
                      info.unit_count);
        }
    }

    /// A lease whose teardown fails, ended and fenced; its fence.
    [[nodiscard]] Sequence fence_units(uint64_t bytes, ResourceKind kind, uint64_t io = 5) {
        const Answer lease = grant(bytes, kind);
        FakeResource& resource = kind == ResourceKind::block ? block : memory;
        resource.fail_wipes(io);
        static_cast<void>(lessor.release(release_of(lease), now).value());
        EXPECT_TRUE(settle());
        resource.fail_wipes(0);
        EXPECT_EQ(journal.last().kind, EventKind::resource_fenced);
        return journal.last().sequence;
    }
};

} // namespace grafos::lease::test
