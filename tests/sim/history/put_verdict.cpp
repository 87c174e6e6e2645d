// SPDX-License-Identifier: Apache-2.0
/// A verdict for a person: what cannot be, what was under way beside it, and what came before.
#include "tests/sim/history/linearizability.hpp"

namespace grafos::test {
namespace {

[[nodiscard]] std::string_view name_of(Shortage shortage) noexcept {
    switch (shortage) {
    case Shortage::none: return "nothing";
    case Shortage::steps: return "steps";
    case Shortage::memo: return "memo";
    case Shortage::history: return "history (operations are missing)";
    }
    return "?";
}

void put_line(TextWriter& out, std::string_view lead, const History& history,
              OperationIndex operation) noexcept {
    out.put("\n  ").put(lead);
    put_operation(out, history, operation);
}

void put_beside(TextWriter& out, const History& history, OperationIndex culprit) noexcept {
    const History::Operation& operation = history[culprit];
    for (OperationIndex i = 0; i < history.operations().size(); ++i) {
        const History::Operation& other = history[i];
        const bool is_beside = other.called < operation.answered &&
                               other.answered > operation.called &&
                               other.outcome != History::Outcome::refused;
        if (i != culprit && is_beside && other.object_number == operation.object_number) {
            put_line(out, "beside it: ", history, i);
        }
    }
}

} // namespace

void put_verdict(TextWriter& out, const History& history, const HistoryVerdict& verdict) noexcept {
    switch (verdict.result) {
    case Linearity::good: out.put("good"); return;
    case Linearity::undecided: out.put("undecided: out of ").put(name_of(verdict.shortage)); return;
    case Linearity::bad: break;
    }
    out.put("bad: no order explains the answers");
    out.put(verdict.is_smallest ? " up to that of" : " up to at most that of");
    put_line(out, "", history, verdict.culprit);
    put_beside(out, history, verdict.culprit);
    for (uint32_t i = 0; i < verdict.tail_count; ++i) {
        put_line(out, i == 0 ? "one order before: " : "then: ", history, verdict.tail[i]);
    }
    out.put("\n  leaves word ").put(verdict.state.word);
    if (verdict.state.generation > 0) {
        out.put(", generation ").put(verdict.state.generation);
        out.put(", commits ").put(verdict.state.commits);
        if (verdict.state.nonce == 0) {
            out.put(", not held");
        } else {
            out.put(", held by nonce ").put(verdict.state.nonce);
        }
    }
    out.put("\n");
}

} // namespace grafos::test
