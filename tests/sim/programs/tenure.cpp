// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/programs/tenure.hpp"

namespace grafos::test {
namespace {

constexpr size_t memory_slots = 16;
constexpr size_t memory_slot_bytes = 64;
constexpr size_t block_slots = 8;
constexpr uint64_t word_offset = 2'048; ///< behind the slots
constexpr Duration think_least{15};
constexpr Duration think_most{60};
constexpr Duration acquire_retry{400};
constexpr Duration rest_after_end{500};

[[nodiscard]] bool is_end_code(ErrorCode code) noexcept {
    return code == ErrorCode::lease_expired || code == ErrorCode::revoked ||
           code == ErrorCode::released || code == ErrorCode::stale_epoch ||
           code == ErrorCode::fenced;
}

/// In flight, or kept back while the holder's deadline is in doubt.
[[nodiscard]] bool is_waiting(const Error& error) noexcept {
    return error.code == ErrorCode::busy &&
           (error.field == Field::ticket || error.field == Field::clock);
}

/// Refused for the moment, and not begun.
[[nodiscard]] bool is_passing(ErrorCode code) noexcept {
    return code == ErrorCode::busy || code == ErrorCode::rate_limited;
}

/// `tag`, `version`, `tag`, `version`, …; zeroes for version 0.
void fill_pattern(MutableBytes to, uint64_t tag, uint64_t version) noexcept {
    for (size_t at = 0; at < to.size(); at += 16) {
        const uint64_t words[2] = {version == 0 ? 0 : tag, version};
        for (size_t i = 0; i < 16; ++i) {
            to[at + i] = static_cast<uint8_t>(words[i / 8] >> (8 * (i % 8)));
        }
    }
}

} // namespace

size_t Tenure::slot_bytes() const noexcept {
    return is_memory() ? memory_slot_bytes : limits::block_bytes;
}

size_t Tenure::slot_count() const noexcept {
    return is_memory() ? memory_slots : block_slots;
}

const fabric::HeldLease& Tenure::lease() const noexcept {
    GRAFOS_ASSERT(memory_.has_value() || block_.has_value());
    return is_memory() ? static_cast<const fabric::HeldLease&>(*memory_) : *block_;
}

void Tenure::say(What what, const Error& error) noexcept {
    ProgramEvent event{.what = what,
                       .operation = operation_,
                       .kind = plan_.kind,
                       .program = parts_.program,
                       .home = plan_.home_number,
                       .ttl = plan_.ttl,
                       .error = error};
    const bool is_lease = phase_ == Phase::held || phase_ == Phase::ended;
    if (is_lease) {
        event.ref = lease().lease_ref();
        event.tag = tag_;
    }
    if (operation_ != Operation::none) {
        event.number = accesses_;
        event.offset = operation_ == Operation::exchange ? word_offset : slot_ * slot_bytes();
        const bool carries =
            what == What::began ? operation_ == Operation::write : operation_ == Operation::read;
        event.bytes = carries && what != What::failed ? Bytes{buffer()} : Bytes{};
    }
    parts_.observers.say(
        {.what = SimEvent::What::program, .machine = parts_.machine, .program = &event});
}

/// The last millisecond in which it may act on its lease, also while it waits for an answer.
Instant Tenure::last_moment(Instant end) noexcept {
    return Instant{end.ms > 0 ? end.ms - 1 : 0};
}

/// Whoever reads what it has already read, or tells somebody of it, asks nobody first.
void Tenure::believe(Instant now) noexcept {
    const Instant end = lease().expires_at();
    if (believed_in_ == end || now < last_moment(end)) {
        return;
    }
    believed_in_ = end;
    const ProgramEvent event{.what = What::began,
                             .kind = plan_.kind,
                             .program = parts_.program,
                             .home = plan_.home_number,
                             .ref = lease().lease_ref(),
                             .ttl = plan_.ttl,
                             .tag = tag_};
    parts_.observers.say(
        {.what = SimEvent::What::program, .machine = parts_.machine, .program = &event});
}

void Tenure::on_power_off() noexcept {
    acquiring_memory_.reset();
    acquiring_block_.reset();
    drop_lease();
    operation_ = Operation::none;
    phase_ = Phase::idle;
    believed_in_ = {};
    next_at_ = {}; // the next boot counts its time anew
    fabric_ = nullptr;
}

void Tenure::drop_lease() noexcept {
    region_ = nullptr;
    memory_handle_.reset();
    block_handle_.reset();
    memory_.reset();
    block_.reset();
}

Instant Tenure::next_deadline() const noexcept {
    switch (phase_) {
    case Phase::idle: return is_wanted ? next_at_ : Instant::never();
    case Phase::acquiring: return Instant::never(); // the fabric looks, or a packet comes
    case Phase::held: {
        const Instant end = lease().expires_at();
        if (operation_ != Operation::none) {
            return believed_in_ == end ? end : last_moment(end);
        }
        if (is_paused) {
            return end;
        }
        return is_wanted ? earlier_of(end, next_at_) : Instant{0};
    }
    case Phase::ended: return next_at_;
    }
    GRAFOS_UNREACHABLE();
}

void Tenure::step(Instant now) noexcept {
    switch (phase_) {
    case Phase::idle: step_idle(now); return;
    case Phase::acquiring: step_acquiring(now); return;
    case Phase::held: step_held(now); return;
    case Phase::ended:
        if (operation_ != Operation::none) {
            poll_operation(now); // its buffer is lent until then
        } else if (now >= next_at_) {
            drop_lease();
            phase_ = Phase::idle;
        }
        return;
    }
}

// --- getting one
// ---------------------------------------------------------------------------------

void Tenure::step_idle(Instant now) noexcept {
    if (!is_wanted || now < next_at_) {
        return;
    }
    bool is_started = false;
    if (is_memory()) {
        Result<fabric::Acquiring<fabric::MemLease>> started = fabric::MemBuilder{*fabric_}
                                                                  .min_bytes(4'096)
                                                                  .lease_ttl(plan_.ttl)
                                                                  .on(plan_.home)
                                                                  .tenant(tenant())
                                                                  .start_acquire();
        is_started = started.is_ok();
        if (is_started) {
            acquiring_memory_.emplace(std::move(started).value());
        }
    } else {
        Result<fabric::Acquiring<fabric::BlockLease>> started = fabric::BlockBuilder{*fabric_}
                                                                    .min_blocks(block_slots)
                                                                    .lease_ttl(plan_.ttl)
                                                                    .on(plan_.home)
                                                                    .tenant(tenant())
                                                                    .start_acquire();
        is_started = started.is_ok();
        if (is_started) {
            acquiring_block_.emplace(std::move(started).value());
        }
    }
    next_at_ = saturating_add(now, acquire_retry);
    if (is_started) {
        say(What::asked);
        phase_ = Phase::acquiring;
    }
}

template <typename Lease>
void Tenure::poll_acquire(std::optional<fabric::Acquiring<Lease>>& acquiring,
                          std::optional<Lease>& lease, Instant now) noexcept {
    Result<Lease> result = acquiring->poll();
    if (!result.is_ok() && is_waiting(result.error())) {
        return;
    }
    if (result.is_ok()) {
        lease.emplace(std::move(result).value());
        enter_held(now);
    } else {
        const Error error = result.error();
        say(What::refused, error);
        figures_.refused_acquires += 1;
        next_at_ = saturating_add(now, acquire_retry);
        phase_ = Phase::idle;
    }
    acquiring.reset();
}

void Tenure::step_acquiring(Instant now) noexcept {
    if (is_memory()) {
        poll_acquire(acquiring_memory_, memory_, now);
    } else {
        poll_acquire(acquiring_block_, block_, now);
    }
}

void Tenure::enter_held(Instant now) noexcept {
    GRAFOS_ASSERT(phase_ == Phase::acquiring);
    phase_ = Phase::held;
    if (is_memory()) {
        memory_handle_.emplace(memory_->mem());
        region_ = &memory_handle_->region();
    } else {
        block_handle_.emplace(block_->block());
        region_ = &block_handle_->region();
    }
    figures_.acquired += 1;
    tag_ = choice_.next() | 1;
    version_ = 0;
    swept_ = 0;
    word_ = 0;
    is_word_unknown_ = false;
    slots_ = {};
    next_at_ = now;
    end_ = lease().expires_at();
    say(What::granted);
    expect(region_->size_bytes() >= slot_count() * slot_bytes(), "a lease is as big as asked for");
}

// --- using it
// ------------------------------------------------------------------------------------

void Tenure::step_held(Instant now) noexcept {
    if (operation_ != Operation::none) {
        poll_operation(now);
    }
    if (phase_ != Phase::held) {
        return;
    }
    hear_renewal();
    const Result<> status = lease().status();
    if (!status.is_ok() && !is_waiting(status.error())) {
        enter_ended(status.error(), now);
    } else if (operation_ != Operation::none && status.is_ok()) {
        believe(now);
    } else if (operation_ == Operation::none && !is_wanted) {
        say(What::gave_up);
        drop_lease();
        phase_ = Phase::idle;
        next_at_ = now;
    } else if (operation_ == Operation::none && !is_paused && now >= next_at_) {
        start_operation(now);
    }
}

/// Answers that only tell the time left move the end by far less.
void Tenure::hear_renewal() noexcept {
    const Instant end = lease().expires_at();
    if (end > saturating_add(end_, Duration{plan_.ttl.ms / 4})) {
        end_ = end;
        say(What::renewed);
    }
}

Tenure::Operation Tenure::choose() noexcept {
    if (swept_ < slot_count()) { // first of all: nobody else's bytes are here
        slot_ = swept_;
        return Operation::read;
    }
    slot_ = static_cast<size_t>(choice_.below(slot_count()));
    const uint64_t kind = choice_.below(10);
    if (kind < 5) {
        return Operation::write;
    }
    if (kind < 8) {
        return Operation::read;
    }
    return is_memory() ? Operation::exchange : Operation::flush;
}

Result<lease::RegionTicket> Tenure::start(Operation operation, Instant now) noexcept {
    const uint64_t offset = slot_ * slot_bytes();
    switch (operation) {
    case Operation::none: break;
    case Operation::read:
        fill_pattern(buffer(), ~tag_, 1); // so that bytes that were not read are seen
        return region_->start_read(offset, buffer(), now);
    case Operation::write:
        fill_pattern(buffer(), tag_, version_ + 1);
        return region_->start_write(offset, buffer(), now);
    case Operation::exchange:
        return region_->start_compare_exchange(word_offset, word_, word_ + 1, now);
    case Operation::flush: return region_->start_flush(now);
    case Operation::add:
    case Operation::lock:
    case Operation::commit: break; // of leases that are shared
    }
    GRAFOS_UNREACHABLE();
}

void Tenure::start_operation(Instant now) noexcept {
    const Operation operation = choose();
    next_at_ = saturating_add(now, Duration{choice_.between(think_least.ms, think_most.ms)});
    const Result<lease::RegionTicket> started = start(operation, now);
    if (!started.is_ok()) {
        expect(is_passing(started.error().code), "an access of a live lease begins");
        return;
    }
    version_ += operation == Operation::write ? 1u : 0u;
    operation_ = operation;
    accesses_ += 1;
    ticket_ = started.value();
    say(What::began);
    poll_operation(now);
}

void Tenure::poll_operation(Instant now) noexcept {
    const Result<lease::RegionAnswer> answer = region_->poll(ticket_, now);
    if (!answer.is_ok() && is_waiting(answer.error())) {
        return;
    }
    if (answer.is_ok()) {
        say(What::used);
    } else {
        say(What::failed, answer.error());
    }
    if (phase_ == Phase::held && answer.is_ok()) {
        take_success(answer.value());
    } else if (phase_ == Phase::held) {
        take_failure(answer.error(), now);
    }
    operation_ = Operation::none;
}

void Tenure::take_success(const lease::RegionAnswer& answer) noexcept {
    Slot& slot = slots_[slot_];
    switch (operation_) {
    case Operation::none: break;
    case Operation::read:
        figures_.reads += 1;
        check_slot(slot);
        swept_ += swept_ < slot_count() ? 1u : 0u;
        return;
    case Operation::write:
        figures_.writes += 1;
        slot = {version_, slot.is_unknown && is_disk_late};
        return;
    case Operation::exchange:
        figures_.exchanges += 1;
        check_exchange(answer);
        return;
    case Operation::flush: figures_.flushes += 1; return;
    case Operation::add:
    case Operation::lock:
    case Operation::commit: break;
    }
    GRAFOS_UNREACHABLE();
}

/// What is there is what was written last, or what a write of unknown outcome would have left.
void Tenure::check_slot(Slot& slot) noexcept {
    const uint64_t version = load_little_endian<uint64_t>(buffer().data() + 8);
    std::array<uint8_t, limits::block_bytes> wanted;
    const MutableBytes pattern = MutableBytes{wanted}.first(slot_bytes());
    fill_pattern(pattern, tag_, version);
    const bool is_ours = is_equal(buffer(), pattern);
    const bool is_possible =
        version == slot.version || (slot.is_unknown && version <= version_ && version > 0);
    expect(is_ours && is_possible, swept_ < slot_count() ? "a new lease reads as zeroes"
                                                         : "a lease reads as it was written");
    slot = {version, slot.is_unknown && is_disk_late};
}

/// Nobody else exchanges this word, so each exchange finds what the last one left.
void Tenure::check_exchange(const lease::RegionAnswer& answer) noexcept {
    const bool was_done_before = is_word_unknown_ && answer.value == word_ + 1;
    expect(answer.value == word_ || was_done_before, "an exchange is done once");
    expect(answer.exchanged == (answer.value == word_), "an exchange says what it did");
    word_ += 1;
    is_word_unknown_ = false;
}

void Tenure::take_failure(const Error& error, Instant now) noexcept {
    // Late by two renewals is a stale generation: that token is over, not the lease.
    const bool is_old = error.code == ErrorCode::stale_epoch && error.field == Field::generation;
    // Of a slot that was used again since, a node does not know how its last lease ended.
    const bool is_unknown = error.code == ErrorCode::not_found && error.field == Field::lease_ref;
    if ((is_end_code(error.code) && !is_old) || is_unknown) {
        enter_ended(error, now);
        return;
    }
    const bool is_disk = error.code == ErrorCode::io && is_disk_bad && !is_memory();
    if (error.code == ErrorCode::disconnected || is_disk) {
        (is_disk ? figures_.disk_errors : figures_.disconnected) += 1;
        slots_[slot_].is_unknown = slots_[slot_].is_unknown || operation_ == Operation::write;
        is_word_unknown_ = is_word_unknown_ || operation_ == Operation::exchange;
        return;
    }
    const bool is_overtaken =
        is_old || (error.code == ErrorCode::denied && error.field == Field::expiry);
    figures_.overtaken += is_overtaken ? 1u : 0u;
    const bool is_forgotten = error.code == ErrorCode::denied && error.field == Field::mac;
    figures_.forgotten += is_forgotten ? 1u : 0u;
    expect(is_passing(error.code) || is_overtaken || (is_forgotten && is_home_forgetful),
           "an access fails only as it may");
}

/// The region is asked once more: whatever ended it, it must not be usable now.
void Tenure::enter_ended(const Error& error, Instant now) noexcept {
    GRAFOS_ASSERT(phase_ == Phase::held);
    phase_ = Phase::ended;
    figures_.ended += 1;
    refused_at_ = parts_.observers.now();
    refused_by_ = error.code;
    next_at_ = saturating_add(now, rest_after_end);
    say(What::ended, error);
    std::array<uint8_t, limits::block_bytes> late{};
    const Result<lease::RegionTicket> written =
        region_->start_write(0, MutableBytes{late}.first(slot_bytes()), now);
    expect(!written.is_ok() && written.error().code == error.code,
           "an ended lease refuses a write, with the code it ended by");
}

} // namespace grafos::test
