// SPDX-License-Identifier: Apache-2.0
#include "tests/support/history_maker.hpp"

#include "core/base/assert.hpp"

namespace grafos::test {

HistoryMaker::HistoryMaker(const HistoryPlan& plan, uint64_t seed) noexcept
    : plan_{plan}, choice_{seed} {
    GRAFOS_ASSERT(plan.clients < programs_max && plan.objects <= objects_max);
}

void HistoryMaker::fill(History& history) noexcept {
    history.clear();
    const uint32_t programs = plan_.clients + (plan_.has_locks ? 1u : 0u); // the last is the home
    while (history.operations().size() < plan_.operations) {
        now_.ms += choice_.below(3);
        const uint32_t client = static_cast<uint32_t>(choice_.below(programs));
        if (programs_[client].phase == Phase::idle) {
            start(history, client);
        } else {
            go_on(history, programs_[client]);
        }
        haunt();
    }
}

void HistoryMaker::start(History& history, uint32_t client) noexcept {
    Program& program = programs_[client];
    program.call = choose(client);
    const Result<OperationIndex> made = history.call(program.call, now_);
    GRAFOS_ASSERT(made.is_ok());
    program.operation = made.value();
    program.phase = Phase::called;
}

void HistoryMaker::go_on(History& history, Program& program) noexcept {
    const bool is_home = program.call.verb == Verb::expire;
    if (program.phase == Phase::called && !is_home && choice_.chance(plan_.refused_permille)) {
        history.refuse(program.operation);
        program.phase = Phase::idle;
        return;
    }
    if (!is_home && choice_.chance(plan_.lost_permille)) {
        history.lose(program.operation);
        if (program.phase == Phase::called) {
            leave_ghost(program.call);
        }
        program.phase = Phase::idle;
        return;
    }
    if (program.phase == Phase::called) {
        program.answer = execute(program.call);
        program.phase = Phase::executed;
        return;
    }
    history.answer(program.operation, program.answer, now_);
    program.phase = Phase::idle;
    if (program.call.verb == Verb::lock && program.answer.is_done) {
        program.nonce = program.call.nonce;
        program.generation = program.answer.generation;
        program.object = program.call.object;
    }
}

Call HistoryMaker::choose(uint32_t client) noexcept {
    Call call{.client = client, .object = choice_.below(plan_.objects)};
    if (client == plan_.clients) {
        call.verb = Verb::expire;
        call.generation = objects_[call.object].generation;
        return call;
    }
    call.value = 1 + choice_.below(plan_.values);
    if (plan_.has_locks && choice_.chance(700)) {
        return choose_of_lock(programs_[client], call);
    }
    const uint64_t kind = choice_.below(100);
    if (kind < 35) {
        call.verb = Verb::read;
    } else if (kind < 60) {
        call.verb = Verb::write;
    } else if (kind < 85) {
        call.verb = Verb::compare_exchange;
        call.expected = choice_.chance(700) ? objects_[call.object].word : call.value + 1;
    } else {
        call.verb = Verb::fetch_add;
        call.value %= 4;
    }
    return call;
}

Call HistoryMaker::choose_of_lock(const Program& program, Call call) noexcept {
    if (program.nonce == 0 || choice_.chance(400)) {
        call.verb = Verb::lock;
        nonce_ += 1;
        call.nonce = program.nonce != 0 && choice_.chance(200) ? program.nonce : nonce_;
        return call;
    }
    call.verb = Verb::commit;
    call.object = program.object;
    call.nonce = program.nonce;
    call.generation = program.generation;
    call.is_release = choice_.chance(400);
    return call;
}

Answer HistoryMaker::execute(const Call& call) noexcept {
    Object& object = objects_[call.object];
    Answer answer{.value = object.word};
    switch (call.verb) {
    case Verb::read: break;
    case Verb::write: object.word = call.value; return {};
    case Verb::compare_exchange:
        answer.is_done = object.word == call.expected;
        object.word = answer.is_done ? call.value : object.word;
        break;
    case Verb::fetch_add: object.word += call.value; break;
    case Verb::lock: return execute_lock(object, call);
    case Verb::commit: return execute_commit(object, call);
    case Verb::expire:
        object.holder = object.generation == call.generation ? 0 : object.holder;
        return {};
    }
    return answer;
}

Answer HistoryMaker::execute_lock(Object& object, const Call& call) noexcept {
    if (object.holder == 0) {
        object.holder = call.nonce;
        object.generation += 1;
    }
    return {.is_done = object.holder == call.nonce,
            .generation = object.generation,
            .commits = object.commits};
}

Answer HistoryMaker::execute_commit(Object& object, const Call& call) noexcept {
    if (object.holder != call.nonce || object.generation != call.generation) {
        return {.is_done = false};
    }
    object.word = call.value;
    object.commits += 1;
    if (call.is_release) {
        object.holder = 0;
    }
    return {.is_done = true, .commits = object.commits};
}

void HistoryMaker::leave_ghost(const Call& call) noexcept {
    if (ghost_count_ < ghosts_max) {
        ghosts_[ghost_count_] = call;
        ghost_count_ += 1;
    }
}

/// One that was given up arrives after all, or never will.
void HistoryMaker::haunt() noexcept {
    if (ghost_count_ == 0 || !choice_.chance(30)) {
        return;
    }
    const uint64_t index = choice_.below(ghost_count_);
    if (choice_.chance(500)) {
        static_cast<void>(execute(ghosts_[index]));
    }
    ghost_count_ -= 1;
    ghosts_[index] = ghosts_[ghost_count_];
}

void copy_history(const History& from, History& to, OperationIndex changed,
                  const Answer& answer) noexcept {
    to.clear();
    OperationIndex next_call = 0;
    const uint32_t count = static_cast<uint32_t>(from.operations().size());
    for (uint32_t position = 0; position < from.event_count(); ++position) {
        if (next_call < count && from[next_call].called == position) {
            const History::Operation& operation = from[next_call];
            const bool is_made = to.call(operation.call, operation.called_at).is_ok();
            GRAFOS_ASSERT(is_made);
            if (operation.outcome == History::Outcome::refused) {
                to.refuse(next_call);
            } else if (operation.outcome == History::Outcome::open) {
                to.lose(next_call);
            }
            next_call += 1;
            continue;
        }
        // Its client had no later call before it was answered: it is among the last.
        OperationIndex answered = next_call;
        do {
            GRAFOS_ASSERT(answered > 0);
            answered -= 1;
        } while (from[answered].answered != position);
        to.answer(answered, answered == changed ? answer : from[answered].answer,
                  from[answered].answered_at);
    }
}

} // namespace grafos::test
