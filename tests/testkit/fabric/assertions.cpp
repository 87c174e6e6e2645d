// SPDX-License-Identifier: Apache-2.0
#include "tests/testkit/fabric/assertions.hpp"

#include <algorithm>
#include <memory>

#include "core/fabric/remote_region.hpp"

namespace grafos::testkit {
namespace {

constexpr Duration on_its_way{20};      ///< until what was asked has left
constexpr Duration answer_most{30'000}; ///< until an access ends, whatever the end

[[nodiscard]] std::string seconds(Duration length) {
    return std::to_string(length.ms) + " ms";
}

[[nodiscard]] bool is_live(const LeaseView& view) noexcept {
    return view.phase != lease::Phase::tearing_down && view.phase != lease::Phase::fenced;
}

[[nodiscard]] std::string describe(SimFabric& fabric, const LeaseView& view) {
    std::string text = std::string{fabric.node(view.home).name()} + " lends " +
                       std::to_string(view.bytes) + " bytes of " +
                       std::string{lease::name_of(view.kind)} + " (lease " + text_of(view.ref) +
                       ") to " + view.holder;
    return is_live(view) ? text + ", for another " + seconds(view.left)
                         : text + ", being taken down";
}

[[nodiscard]] std::string fences(SimFabric& fabric) {
    std::string text;
    for (size_t i = 0; i < fabric.size(); ++i) {
        for (const auto kind : {lease::ResourceKind::memory, lease::ResourceKind::block}) {
            const uint64_t fenced = fabric.is_on(i) ? fabric.inventory(i, kind).fenced : 0;
            if (fenced > 0) {
                text += "; " + std::string{fabric.node(i).name()} + " has fenced " +
                        std::to_string(fenced) + " units of " + std::string{lease::name_of(kind)};
            }
        }
    }
    return text;
}

/// Whoever still has something; empty: nobody.
[[nodiscard]] std::string leaks(SimFabric& fabric) {
    std::string text;
    for (const LeaseView& view : fabric.leases()) {
        text += (text.empty() ? "" : "; ") + describe(fabric, view);
    }
    for (size_t i = 0; i < fabric.size(); ++i) {
        const uint32_t held = fabric.is_on(i) && text.empty() ? fabric.node(i).fabric().count() : 0;
        if (held > 0) {
            text = std::string{fabric.node(i).name()} + " holds, asks for or lets go of " +
                   std::to_string(held) + " leases";
        }
    }
    return text;
}

} // namespace

Outcome assert_eventually(SimFabric& fabric, const std::function<bool()>& condition,
                          Duration within, const std::string& what) {
    const Instant began = fabric.now();
    if (fabric.run_until(condition, within)) {
        return Outcome::good();
    }
    return Outcome::bad(Finding::never_came, what + " did not come to be within " +
                                                 seconds(within) + ", from " +
                                                 std::to_string(began.ms) + " ms on");
}

Outcome assert_no_leaked_leases(SimFabric& fabric, Duration within) {
    if (fabric.run_until([&] { return leaks(fabric).empty(); }, within)) {
        return Outcome::good();
    }
    return Outcome::bad(Finding::leaked, "leaked: " + leaks(fabric) + fences(fabric));
}

Outcome assert_rebind_converges(SimFabric& fabric, const Bound& program, Duration within) {
    if (!fabric.run_until([&] { return program().has_value(); }, within)) {
        return Outcome::bad(Finding::no_lease,
                            "the program has no lease that it could lose, after " +
                                seconds(within));
    }
    const LeaseRef lost = *program();
    const Result<> revoked = fabric.revoke(lost);
    if (!revoked.is_ok()) {
        return Outcome::bad(Finding::no_lease, "lease " + text_of(lost) +
                                                   ", under which the program works, cannot be "
                                                   "revoked: " +
                                                   text_of(revoked));
    }
    const auto has_another = [&] {
        const std::optional<LeaseRef> now = program();
        return now.has_value() && *now != lost;
    };
    if (!fabric.run_until(has_another, within)) {
        return Outcome::bad(Finding::never_rebound,
                            std::string{"its lease was revoked, and after "} + seconds(within) +
                                (program() == lost ? " the program still works under it"
                                                   : " the program has no other"));
    }
    const LeaseRef found = *program();
    if (fabric.run_until([&] { return program() != found; }, within)) {
        return Outcome::bad(Finding::let_go_again, "the program had lease " + text_of(found) +
                                                       " instead, and did not keep it for " +
                                                       seconds(within));
    }
    return Outcome::good();
}

// --- a late write --------------------------------------------------------------------------------

namespace {

/// Who has the same units next, and everything else that is free.
struct Successor {
    bool has_lease = false;
    bool may_end = false;
};

/// As much in one piece as there is.
template <typename Acquire>
void take_all(Node& node, uint64_t free_bytes, Successor& successor, const Acquire& acquire) {
    auto lease = acquire(free_bytes);
    if (!lease.is_ok() && lease.error().code == ErrorCode::capacity_exceeded) {
        auto less = acquire(lease.error().expected);
        successor.has_lease = less.is_ok();
        while (!successor.may_end) {
            node.turn();
        }
        return;
    }
    successor.has_lease = lease.is_ok();
    while (!successor.may_end) {
        node.turn();
    }
}

void succeed(Node& node, lease::ResourceKind kind, uint64_t free_bytes, Successor& successor) {
    if (kind == lease::ResourceKind::memory) {
        take_all(node, free_bytes, successor, [&](uint64_t bytes) {
            return fabric::MemBuilder{node.fabric()}.min_bytes(bytes).on(node.name()).acquire(node);
        });
        return;
    }
    take_all(node, free_bytes, successor, [&](uint64_t bytes) {
        return fabric::BlockBuilder{node.fabric()}
            .min_blocks(bytes / limits::block_bytes)
            .on(node.name())
            .acquire(node);
    });
}

[[nodiscard]] std::optional<LeaseView> find(SimFabric& fabric, const LeaseRef& ref,
                                            bool must_be_live) {
    for (const LeaseView& view : fabric.leases()) {
        if (view.ref == ref && (is_live(view) || !must_be_live)) {
            return view;
        }
    }
    return std::nullopt;
}

[[nodiscard]] Outcome judge(const Result<>& answer, bool is_clean, const Result<>& status) {
    if (answer.is_ok()) {
        return Outcome::bad(Finding::stale_accepted,
                            "a write under a lease that was revoked before it came says ok");
    }
    if (!is_clean) {
        return Outcome::bad(Finding::stale_accepted,
                            "a write under a revoked lease was refused (" + text_of(answer) +
                                "), and its bytes are with the next holder");
    }
    if (status.is_ok() || !fabric::is_end_of_lease(status.error())) {
        return Outcome::bad(Finding::not_told, "the lease was revoked, and its holder was told " +
                                                   text_of(answer) +
                                                   ", but not that it is over: " + text_of(status));
    }
    return Outcome::good();
}

} // namespace

Outcome assert_stale_epoch_rejected(SimFabric& fabric, size_t holder,
                                    const fabric::HeldLease& lease, const Attempt& attempt) {
    const std::optional<LeaseView> before = find(fabric, lease.lease_ref(), true);
    if (!before.has_value() || !lease.status().is_ok()) {
        return Outcome::bad(Finding::no_lease, "the lease is over already: there is nothing to be "
                                               "late for");
    }
    const bool is_remote = before->home != holder;
    std::optional<Error> answer;
    bool is_answered = false;
    // Shared with programs that the fabric keeps: they are asked to end, and it is checked.
    const auto try_it = [&, attempt](Node& node) {
        const Result<> result = attempt(node);
        if (!result.is_ok()) {
            answer = result.error();
        }
        is_answered = true;
    };
    if (is_remote) { // it is on its way first
        fabric.hold_one_way(holder, before->home);
        fabric.run(holder, try_it);
        fabric.advance(on_its_way);
    }
    const Result<> revoked = fabric.revoke(before->ref);
    const auto is_torn_down = [&] { return !find(fabric, before->ref, false).has_value(); };
    const bool is_free = fabric.run_until(is_torn_down, answer_most);
    Successor successor;
    const lease::ResourceInfo room = fabric.inventory(before->home, before->kind);
    const Program& next = fabric.run(before->home, [&](Node& node) {
        succeed(node, before->kind, room.free * room.unit_bytes, successor);
    });
    const bool is_lent = fabric.run_until([&] { return successor.has_lease; }, answer_most);
    const std::vector<uint8_t> clean = fabric.units_of(*before);
    if (is_remote) {
        fabric.release_one_way(holder, before->home);
    } else {
        fabric.run(holder, try_it);
    }
    const bool is_ended = fabric.run_until([&] { return is_answered; }, answer_most);
    const bool is_clean = fabric.units_of(*before) == clean;
    successor.may_end = true;
    const bool is_over = fabric.run_until([&] { return next.is_over(); }, answer_most);
    if (!revoked.is_ok() || !is_free || !is_lent || !is_ended || !is_over) {
        misused("a lease cannot be lent anew to be late for: its home is away or fenced; or the "
                "program's write does not end");
    }
    const Result<> result = answer.has_value() ? Result<>{*answer} : Result<>{ok()};
    return judge(result, is_clean, lease.status());
}

Outcome assert_stale_epoch_rejected(SimFabric& fabric, size_t holder,
                                    const fabric::MemLease& lease) {
    return assert_stale_epoch_rejected(fabric, holder, lease, [&](Node& node) {
        auto mem = lease.mem();
        return mem.write(0, bytes_of("stale!!!"), node);
    });
}

} // namespace grafos::testkit
