// SPDX-License-Identifier: Apache-2.0
/// A long random walk over every operation and fault, watched by a model that is built from answers
/// and records only, never from the lessor's own tables (protocol §10).
#include "tests/support/seeded_entropy.hpp"
#include "tests/unit/lease/lessor/lessor_fixture.hpp"

namespace grafos::lease::test {
namespace {

using grafos::test::SeededChoice;

#ifdef GRAFOS_TEST_GOOGLETEST
constexpr uint64_t walk_steps = 40'000;
#else
constexpr uint64_t walk_steps = 4'000;
#endif

class LessorWalk : public LessorFixture {
protected:
    /// A lease as its holder and the chain know it.
    struct Known {
        Answer answer{};
        uint8_t resource = 0;
        Extent extent{};
        Instant ends_at{}; ///< by TTL; access may end earlier, never later
        bool has_ended = false;
    };
    /// What the records said of one unit last.
    struct UnitModel {
        uint64_t epoch = 0;   ///< of its last grant
        uint64_t fence = 0;   ///< sequence + 1; 0: none
        bool is_held = false; ///< granted, its end not recorded
    };

    static constexpr size_t known_max = 24;
    std::array<Known, known_max> known{};
    size_t known_count = 0;
    std::array<std::array<UnitModel, FakeResource::units_max>, 2> units{};
    uint64_t seen = 0; ///< records
    uint64_t grants = 0, ends = 0, fences = 0, clears = 0, renewals = 0;
    uint64_t last_epoch = 0;

    uint64_t steps = 0;
    bool is_broken = false;
    std::array<std::array<uint8_t, unit>, 64> buffers{}; ///< outlive the accesses in flight

    /// The first broken rule ends the walk; everything after it would only be noise.
    void hold(bool holds, int line) {
        if (!holds && !is_broken) {
            is_broken = true;
            ADD_FAILURE() << "rule in line " << line << " broken at step " << steps;
        }
    }

    [[nodiscard]] FakeResource& resource(uint8_t index) { return index == 0 ? memory : block; }

    [[nodiscard]] Known* find(const LeaseRef& ref) {
        for (size_t i = 0; i < known_count; ++i) {
            if (known[i].answer.lease_ref == ref) {
                return &known[i];
            }
        }
        return nullptr;
    }
    [[nodiscard]] std::span<UnitModel> model_of(uint8_t index, Extent extent) {
        return std::span{units[index]}.subspan(extent.first_unit, extent.unit_count);
    }

    void on_allocated(const KeptRecord& record, uint8_t index) {
        const AllocatedData data = decode_data<AllocatedData>(record.data()).value();
        for (UnitModel& one : model_of(index, data.extent)) {
            hold(!one.is_held, __LINE__);                   // at most one lease
            hold(one.fence == 0u, __LINE__);                // the fence holds
            hold(record.epoch.value > one.epoch, __LINE__); // epochs of one unit rise
            one.is_held = true;
            one.epoch = record.epoch.value;
        }
        hold(record.epoch.value > last_epoch, __LINE__);
        last_epoch = record.epoch.value;
        ++grants;
    }
    void on_end(const KeptRecord& record, uint8_t index) {
        const EndData data = decode_data<EndData>(record.data()).value();
        for (UnitModel& one : model_of(index, data.extent)) {
            hold(one.is_held, __LINE__);
            hold(one.epoch == record.epoch.value, __LINE__); // this lease's and nobody else's
            one.is_held = false;
        }
        Known* const lease = find(record.lease_ref);
        if (lease != nullptr) {
            hold(!lease->has_ended, __LINE__); // exactly one end
            hold(data.generation.value == lease->answer.generation.value, __LINE__);
            if (record.kind == EventKind::lease_expired) {
                hold(record.timestamp.ms >= unix_base.ms + lease->ends_at.ms, __LINE__);
            }
            lease->has_ended = true;
        }
        ++ends;
    }
    void on_fenced(const KeptRecord& record, uint8_t index) {
        const FencedData data = decode_data<FencedData>(record.data()).value();
        for (UnitModel& one : model_of(index, data.extent)) {
            hold(!one.is_held, __LINE__);
            one.fence = record.sequence.value + 1;
        }
        ++fences;
    }
    void on_cleared(const KeptRecord& record, uint8_t index) {
        const ClearedData data = decode_data<ClearedData>(record.data()).value();
        for (UnitModel& one : model_of(index, data.extent)) {
            hold(one.fence == data.fence.value + 1, __LINE__); // names that fence
            one.fence = 0;
        }
        hold(record.epoch.value > last_epoch, __LINE__);
        last_epoch = record.epoch.value;
        ++clears;
    }
    void read_records() {
        for (; seen < journal.end(); ++seen) {
            const KeptRecord& record = journal.at(seen);
            const uint8_t index = record.resource_id == block.info().id ? 1 : 0;
            switch (record.kind) {
            case EventKind::lease_allocated: on_allocated(record, index); break;
            case EventKind::lease_renewed: ++renewals; break;
            case EventKind::lease_released:
            case EventKind::lease_expired:
            case EventKind::lease_revoked:
            case EventKind::lease_preempted: on_end(record, index); break;
            case EventKind::resource_fenced: on_fenced(record, index); break;
            case EventKind::fence_cleared: on_cleared(record, index); break;
            case EventKind::boot:
            case EventKind::request_refused:
            case EventKind::edge_rewritten:
            case EventKind::turn_overrun:
            case EventKind::state_adopted:
            case EventKind::log_trimmed: break;
            }
        }
    }

    /// Every accepted access is one that the model allows; nothing of before is read.
    void check_access(SeededChoice& choice, const Known& lease) {
        Answer token = lease.answer;
        const bool is_forged = choice.below(8) == 0;
        if (is_forged) {
            token.epoch.value += 1 + choice.below(3);
        }
        std::array<uint8_t, unit>& bytes = buffers[steps % buffers.size()];
        const uint64_t size = 1 + choice.below(unit);
        const uint64_t offset = choice.below(lease.answer.amount_bytes);
        const auto kind = choice.below(2) == 0 ? Access::Kind::read : Access::Kind::write;
        bytes.fill(static_cast<uint8_t>(lease.answer.epoch.value % 255 + 1));
        const Result<AccessHandle> done =
            access(token, kind, MutableBytes{bytes}.first(size), offset);
        if (done.is_ok()) {
            hold(!is_forged, __LINE__);
            hold(!lease.has_ended, __LINE__);
            hold(now.ms < lease.ends_at.ms, __LINE__);
            hold(offset + size <= lease.answer.amount_bytes, __LINE__);
            const uint8_t own = static_cast<uint8_t>(lease.answer.epoch.value % 255 + 1);
            for (size_t i = 0;
                 kind == Access::Kind::read && done.value().ticket.number == 0 && i < size; ++i) {
                hold(bytes[i] == 0 || bytes[i] == own, __LINE__); // zero, or what it wrote itself
            }
        } else if (!is_forged && !lease.has_ended && now < lease.ends_at &&
                   offset + size <= lease.answer.amount_bytes) {
            // The only reasons left: full of accesses, or revoked and its grace over.
            hold(code_of(done) == ErrorCode::busy || code_of(done) == ErrorCode::revoked, __LINE__);
        }
    }

    void forget_one(SeededChoice& choice) {
        if (known_count == known_max) {
            const size_t victim = choice.below(known_count);
            known[victim] = known[--known_count];
        }
    }
    [[nodiscard]] Known* any(SeededChoice& choice) {
        return known_count == 0 ? nullptr : &known[choice.below(known_count)];
    }

    void do_grant(SeededChoice& choice) {
        Request request =
            grant_request(1 + choice.below(8 * unit),
                          choice.below(2) == 0 ? ResourceKind::memory : ResourceKind::block);
        request.ttl = {100 + choice.below(2'000)};
        if (choice.below(4) == 0) {
            request.alloc_key.bytes[0] = static_cast<uint8_t>(1 + choice.below(4));
        }
        const uint64_t before = journal.end();
        const Result<Answer> answer = lessor.grant(request, now);
        if (!answer.is_ok() || journal.end() == before) {
            return; // refused, or the one it has already
        }
        forget_one(choice);
        const AllocatedData data = decode_data<AllocatedData>(journal.last().data()).value();
        known[known_count++] = {answer.value(),
                                journal.last().resource_id == block.info().id ? uint8_t{1}
                                                                              : uint8_t{0},
                                data.extent,
                                {now.ms + request.ttl.ms},
                                false};
    }
    void do_renew(SeededChoice& choice, Known& lease) {
        Request request = renewal_of(lease.answer);
        request.generation.value += static_cast<uint32_t>(choice.below(3)) - 1;
        request.ttl = {choice.below(3) == 0 ? 0 : 100 + choice.below(2'000)};
        const Result<Answer> answer = lessor.renew(request, now);
        if (answer.is_ok()) {
            hold(!lease.has_ended, __LINE__);
            hold(now.ms < lease.ends_at.ms, __LINE__);
            hold(now.ms + answer.value().left.ms >= lease.ends_at.ms, __LINE__); // never shorter
            hold(answer.value().generation.value <= lease.answer.generation.value + 1, __LINE__);
            lease.answer.generation = answer.value().generation;
            lease.ends_at = {now.ms + answer.value().left.ms};
        }
    }
    void do_end(SeededChoice& choice, const Known& lease) {
        switch (choice.below(4)) {
        case 0: (void)lessor.release(release_of(lease.answer), now).is_ok(); break;
        case 1: (void)lessor.revoke(revocation_of(lease.answer), now).is_ok(); break;
        case 2:
            (void)lessor
                .revoke(revocation_of(lease.answer, {1 + choice.below(400)},
                                      static_cast<Reason>(1 + choice.below(10))),
                        now)
                .is_ok();
            break;
        case 3: (void)lessor.report_checkpoint(report_of(lease.answer), now).is_ok(); break;
        }
    }
    void do_clear(SeededChoice& choice) {
        FakeResource& from = resource(static_cast<uint8_t>(choice.below(2)));
        const Extent run = from.find_run(UnitState::fenced, choice.below(64));
        if (run.unit_count > 0) {
            (void)lessor.start_clear(clear_of(from.fence_of(run.first_unit)), now).is_ok();
        }
        (void)lessor.poll_clear().is_ok();
    }
    void do_fault(SeededChoice& choice) {
        FakeResource& faulty = resource(static_cast<uint8_t>(choice.below(2)));
        switch (choice.below(8)) {
        case 0:
            faulty.fail_wipes(1 + choice.below(9), static_cast<uint32_t>(choice.below(3)));
            break;
        case 1: faulty.pause_wipes(static_cast<uint32_t>(choice.below(5))); break;
        case 2: block.hold_accesses(true); break;
        case 3: journal.set_room(choice.below(3)); break;
        case 4: journal.refuse(Draw::grant, ErrorCode::capacity_exceeded); break;
        case 5: journal.refuse(Draw::note, ErrorCode::capacity_exceeded); break;
        case 6: faulty.limit_runs(1 + choice.below(4)); break;
        case 7: lessor.note_refusal({3}, Operation::grant, {ErrorCode::denied}); break;
        }
    }
    void heal() {
        for (FakeResource* const one : {&memory, &block}) {
            one->fail_wipes(0);
            one->pause_wipes(0);
            one->limit_runs(FakeResource::units_max);
        }
        block.complete_all();
        block.hold_accesses(false);
        journal.accept_all();
    }

    void do_turn(SeededChoice& choice) {
        now.ms += choice.below(3) == 0 ? choice.below(400) : choice.below(6);
        if (choice.below(5) == 0) {
            block.complete_all();
        }
        const LessorBudget budget{.expiries = static_cast<uint32_t>(1 + choice.below(8)),
                                  .wipe_bytes = unit + choice.below(16 * unit)};
        const uint64_t wiped = memory.wiped_bytes() + block.wiped_bytes();
        const uint64_t sealed = journal.end();
        tick(budget);
        hold(memory.wiped_bytes() + block.wiped_bytes() - wiped <= 2 * budget.wipe_bytes, __LINE__);
        hold(journal.end() - sealed <= 3 * uint64_t{budget.expiries} + refusals_per_turn_max +
                                           2 * (budget.wipe_bytes / unit + 1) + 2,
             __LINE__);
        if (lessor.wants_device_reset()) {
            lessor.on_device_reset();
        }
    }

    void step(SeededChoice& choice) {
        Known* const lease = any(choice);
        const uint64_t what = choice.below(100);
        if (what < 25) {
            do_turn(choice);
        } else if (what < 45) {
            do_grant(choice);
        } else if (what < 85 && lease != nullptr) {
            if (what < 60) {
                do_renew(choice, *lease);
            } else if (what < 68) {
                do_end(choice, *lease);
            } else {
                check_access(choice, *lease);
            }
        } else if (what < 90) {
            do_clear(choice);
        } else if (what < 95) {
            do_fault(choice);
        } else {
            heal();
        }
        read_records();
    }

    void check_units() {
        check_books();
        for (uint8_t index = 0; index < 2; ++index) {
            for (uint64_t i = 0; i < FakeResource::units_max; ++i) {
                const UnitState state = resource(index).state_of(i);
                const UnitModel& one = units[index][i];
                // A record may wait for the journal; what is granted or fenced never lacks one.
                hold(state != UnitState::leased || one.is_held, __LINE__);
                hold(state != UnitState::free || (!one.is_held && one.fence == 0), __LINE__);
                hold(state != UnitState::fenced || one.fence != 0, __LINE__);
            }
        }
    }

    void walk(uint64_t seed) {
        SeededChoice choice{seed};
        for (; steps < walk_steps && !is_broken; ++steps) {
            step(choice);
            if (steps % 16 == 0) {
                check_units();
            }
        }
        if (is_broken) {
            return;
        }
        // After the last fault everything ends: free, or fenced for an operator to look at.
        heal();
        pass(limits::lease_ttl_max.ms);
        for (int turn = 0; turn < 10'000 && !lessor.is_idle(); ++turn) {
            do_turn(choice);
            block.complete_all();
            read_records();
        }
        EXPECT_TRUE(lessor.is_idle());
        EXPECT_EQ(grants, ends);
        EXPECT_EQ(journal.promised_ends(), 0u);
        EXPECT_EQ(journal.promised_fences(), 0u);
        EXPECT_EQ(memory.info().free + memory.info().fenced, FakeResource::units_max);
        EXPECT_EQ(block.info().free + block.info().fenced, FakeResource::units_max);
        check_units();
        EXPECT_GT(grants, walk_steps / 100);
        EXPECT_GT(renewals, 0u);
        EXPECT_GT(fences, 0u);
        EXPECT_GT(clears, 0u);
    }
};

TEST_F(LessorWalk, Protocol_10_the_oracles_hold_on_a_random_walk_of_seed_1) {
    walk(1);
}
TEST_F(LessorWalk, Protocol_10_the_oracles_hold_on_a_random_walk_of_seed_2) {
    walk(2);
}
TEST_F(LessorWalk, Protocol_10_the_oracles_hold_on_a_random_walk_of_seed_3) {
    walk(3);
}

} // namespace
} // namespace grafos::lease::test
