// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/faults/pressure.hpp"

#include <algorithm>

namespace grafos::test {
namespace {

constexpr uint64_t quota_leases = 6;
constexpr uint32_t tries_most = 8; ///< at a time
constexpr TenantId hoarder_tenant{200};

[[nodiscard]] lease::Caller hoarder(bool has_quota) noexcept {
    return {.tenant = hoarder_tenant,
            .identity = bytes_of("hoarder"),
            .quota_leases = has_quota ? quota_leases : 0};
}

[[nodiscard]] lease::MemoryResource& memory_of(node::Node& node) noexcept {
    for (lease::Resource* const resource : node.lessor().resources()) {
        if (resource->info().kind == lease::ResourceKind::memory) {
            return static_cast<lease::MemoryResource&>(*resource);
        }
    }
    GRAFOS_UNREACHABLE();
}

} // namespace

// --- Hoarder
// -------------------------------------------------------------------------------------

void Hoarder::begin(What what, lease::ResourceKind kind, Instant until) noexcept {
    what_ = what;
    kind_ = kind;
    until_ = until;
    is_full_ = false;
    amount_ = what == What::units ? UINT64_MAX : 1;
}

void Hoarder::forget() noexcept {
    ticket_.reset();
    count_ = 0;
}

bool Hoarder::act(SimMachine& machine, Instant now) noexcept {
    if (is_done()) {
        return false;
    }
    node::Node& node = machine.node();
    bool was_refused = false;
    for (uint32_t i = 0; i < tries_most; ++i) {
        if (ticket_.has_value()) {
            const bool was_full = is_full_;
            if (!poll(node)) {
                break;
            }
            was_refused = was_refused || (is_full_ && !was_full);
        }
        if (now >= until_) {
            until_ = {};
        }
        ask(node, now);
    }
    return was_refused;
}

/// One more, or the last one back.
void Hoarder::ask(node::Node& node, Instant now) noexcept {
    const bool takes = now < until_ && !is_full_ && count_ < leases_most;
    if (!takes && (until_ != Instant{} || count_ == 0)) {
        return;
    }
    lease::Request request;
    request.caller = hoarder(what_ == What::quota);
    request.operation = takes ? lease::Operation::grant : lease::Operation::release;
    if (takes) {
        lease::ResourceInfo info;
        for (const lease::Resource* const resource : node.lessor().resources()) {
            info = resource->info().kind == kind_ ? resource->info() : info;
        }
        amount_ = std::min(amount_, std::max<uint64_t>(info.free * info.unit_bytes, 1));
        request.resource = info.id;
        request.amount_bytes = amount_;
        request.ttl = ttl;
    } else {
        count_ -= 1;
        request.lease = leases_[count_];
    }
    const Result<lease::Ticket> ticket = node.start(request);
    if (ticket.is_ok()) {
        ticket_ = ticket.value();
        is_release_ = !takes;
    }
}

/// Whether there was an answer.
bool Hoarder::poll(node::Node& node) noexcept {
    const Result<lease::Answer> answer = node.poll(*ticket_);
    if (!answer.is_ok() && answer.error().code == ErrorCode::busy &&
        answer.error().field == Field::ticket) {
        return false;
    }
    ticket_.reset();
    if (is_release_) {
        return true; // or it had run out
    }
    if (answer.is_ok()) {
        leases_[count_] = answer.value().lease;
        count_ += 1;
        return true;
    }
    const bool is_too_much = what_ == What::units && amount_ > 1;
    amount_ = is_too_much ? amount_ / 2 : amount_; // there is no run so long
    is_full_ = !is_too_much && (answer.error().code == ErrorCode::capacity_exceeded ||
                                answer.error().code == ErrorCode::rate_limited);
    return true;
}

// --- Lane
// ----------------------------------------------------------------------------------------

bool Lane::begin(SimMachine& machine, SeededChoice& choice, Instant until) noexcept {
    lease::MemoryResource& memory = memory_of(machine.node());
    const uint64_t from = choice.below(memory.info().unit_count);
    const lease::Extent run = memory.find_run(lease::UnitState::leased, from);
    if (is_pinned_ || run.unit_count == 0) {
        return false;
    }
    const Result<lease::LaneHandle> opened = memory.open_lane({run.first_unit, 1});
    if (!opened.is_ok()) {
        return false;
    }
    lane_ = opened.value();
    unit_ = run.first_unit;
    until_ = until;
    is_pinned_ = !memory.try_pin(lane_).empty();
    return is_pinned_;
}

bool Lane::act(SimMachine& machine, Instant now) noexcept {
    if (!is_pinned_ || now < until_) {
        return false;
    }
    lease::MemoryResource& memory = memory_of(machine.node());
    memory.unpin(lane_);
    is_pinned_ = false;
    return memory.state_of(unit_) == lease::UnitState::fenced;
}

// --- Renewer
// -------------------------------------------------------------------------------------

void Renewer::forget() noexcept {
    ticket_.reset();
    lease_ = {};
}

lease::Request Renewer::next(node::Node& node) const noexcept {
    lease::Request request;
    request.caller = hoarder(false);
    request.resource = memory_of(node).info().id;
    request.amount_bytes = 1;
    request.ttl = Hoarder::ttl;
    request.lease = lease_;
    request.generation = generation_;
    const bool is_over = until_ == Instant{};
    request.operation = lease_.is_zero() ? lease::Operation::grant
                        : is_over        ? lease::Operation::release
                                         : lease::Operation::renew;
    return request;
}

bool Renewer::act(SimMachine& machine, Instant now) noexcept {
    until_ = now < until_ ? until_ : Instant{};
    node::Node& node = machine.node();
    bool is_full = false;
    if (ticket_.has_value()) {
        const Result<lease::Answer> answer = node.poll(*ticket_);
        if (!answer.is_ok() && answer.error().code == ErrorCode::busy &&
            answer.error().field == Field::ticket) {
            return false;
        }
        ticket_.reset();
        is_full = !answer.is_ok() && asked_ == lease::Operation::renew &&
                  answer.error().field == Field::log;
        if (answer.is_ok() && asked_ != lease::Operation::release) {
            lease_ = asked_ == lease::Operation::grant ? answer.value().lease : lease_;
            generation_ = answer.value().generation;
        } else if (!is_full) {
            lease_ = {};
        }
    }
    if (until_ != Instant{} || !lease_.is_zero()) {
        const lease::Request request = next(node);
        const Result<lease::Ticket> ticket = node.start(request);
        if (ticket.is_ok()) {
            ticket_ = ticket.value();
            asked_ = request.operation;
        }
    }
    const bool is_first = is_full && !was_refused_;
    was_refused_ = is_full || (was_refused_ && until_ != Instant{});
    return is_first;
}

// --- Collector
// -----------------------------------------------------------------------------------

void Collector::forget() noexcept {
    is_trimming_ = false;
    read_ = {};
}

bool Collector::act(SimMachine& machine, Instant now) noexcept {
    node::Node& node = machine.node();
    const lease::LogFigures figures = node.log().figures();
    const uint64_t taken = figures.kept_sectors + figures.promised_sectors;
    const bool is_full = 4 * taken >= 3 * figures.capacity_sectors;
    const bool has_filled_up = is_full && !was_full_;
    was_full_ = is_full;
    const bool is_due = 2 * figures.kept_sectors >= figures.capacity_sectors ||
                        node.degraded_reason() == lease::DegradedReason::log_full;
    if (now >= away_until_ && (is_due || is_trimming_ || read_.next.value > 0)) {
        trim(machine);
    }
    return has_filled_up && figures.capacity_sectors > 0;
}

/// What it has read is trimmed as soon as a checkpoint is past it.
void Collector::trim(SimMachine& machine) noexcept {
    node::Node& node = machine.node();
    if (is_trimming_) {
        const Result<Sequence> done = node.poll_trim();
        if (!done.is_ok() && done.error().code == ErrorCode::busy) {
            return;
        }
        trims_ += done.is_ok() ? 1u : 0u;
        forget();
        return;
    }
    if (read_.next.value == 0) {
        read_ = node.log().anchor();
    }
    if (read_.next.value == 0) {
        return;
    }
    const Result<> started = node.start_trim(Sequence{read_.next.value - 1}, read_.hash);
    is_trimming_ = started.is_ok();
    if (!started.is_ok() && started.error().code == ErrorCode::not_found) {
        forget();
    }
}

} // namespace grafos::test
