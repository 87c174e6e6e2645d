// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/programs/sharing_client.hpp"

#include "core/fabric/remote_region.hpp"

namespace grafos::test {
namespace {

using What = ProgramEvent::What;

constexpr Duration think_least{40};
constexpr Duration think_most{260};
constexpr Duration lock_ttl{600};
constexpr Duration oversleep_least{400};
constexpr Duration oversleep_most{900};
constexpr uint64_t busy_with_lock_permille = 600;
constexpr uint64_t stubborn_permille = 150;
constexpr uint64_t addend_most = 200; ///< small beside what values differ by

[[nodiscard]] ProgramEvent::Operation operation_of(Verb verb) noexcept {
    switch (verb) {
    case Verb::read: return ProgramEvent::Operation::read;
    case Verb::write: return ProgramEvent::Operation::write;
    case Verb::compare_exchange: return ProgramEvent::Operation::exchange;
    case Verb::fetch_add: return ProgramEvent::Operation::add;
    case Verb::lock: return ProgramEvent::Operation::lock;
    case Verb::commit: return ProgramEvent::Operation::commit;
    case Verb::expire: break; // nobody asks for that
    }
    GRAFOS_UNREACHABLE();
}

[[nodiscard]] bool is_waiting(const Error& error) noexcept {
    return error.code == ErrorCode::busy &&
           (error.field == Field::ticket || error.field == Field::clock);
}

/// A token that was overtaken by renewals, or ran out.
[[nodiscard]] bool is_old_token(const Error& error) noexcept {
    return (error.code == ErrorCode::stale_epoch && error.field == Field::generation) ||
           (error.code == ErrorCode::denied && error.field == Field::expiry);
}

[[nodiscard]] bool is_passing(ErrorCode code) noexcept {
    return code == ErrorCode::busy || code == ErrorCode::rate_limited ||
           code == ErrorCode::not_ready || code == ErrorCode::degraded;
}

} // namespace

void SharingClient::Figures::add(const Figures& other) noexcept {
    answered += other.answered;
    lost += other.lost;
    refused += other.refused;
    granted += other.granted;
    commits += other.commits;
    stale += other.stale;
    in_flight += other.in_flight;
    overtaken += other.overtaken;
}

SharingClient::Outcome SharingClient::step(const SharedAccess& access, bool may_begin,
                                           Instant now) noexcept {
    GRAFOS_ASSERT(access.region != nullptr);
    access_ = access;
    if (is_running_) {
        const Outcome outcome = poll(access, now);
        if (outcome != Outcome::none) {
            return outcome;
        }
    }
    if (!is_running_ && may_begin && now >= next_at_ && parts_.record.has_room()) {
        return begin(access, now);
    }
    return Outcome::none;
}

/// Whatever was under way may still come, as long as that lease lasts.
void SharingClient::leave(uint64_t round) noexcept {
    if (is_running_ && round == access_.round) {
        parts_.record.lose(running_);
    }
    figures_.in_flight += is_running_ ? 1u : 0u;
    is_running_ = false;
    held_ = {};
    seen_ = {};
    access_ = {};
}

/// Of this client alone, and far from every other value.
uint64_t SharingClient::fresh() noexcept {
    values_ += 1;
    return uint64_t{parts_.program + 1} << 48 | values_ << 20;
}

void SharingClient::say(What what, const Error& error) noexcept {
    ProgramEvent event{.what = what,
                       .operation = operation_of(call_.verb),
                       .kind = lease::ResourceKind::memory,
                       .program = parts_.program,
                       .home = access_.home,
                       .ref = access_.ref,
                       .number = accesses_,
                       .error = error};
    const bool is_lock = call_.verb == Verb::lock || call_.verb == Verb::commit;
    event.offset =
        is_lock ? SharedLayout::lock_of(call_.object) : SharedLayout::word_of(call_.object);
    const bool carries = what == What::began ? call_.verb == Verb::write
                                             : what == What::used && call_.verb == Verb::read;
    event.bytes = carries ? Bytes{buffer_} : Bytes{};
    parts_.observers.say(
        {.what = SimEvent::What::program, .machine = parts_.machine, .program = &event});
}

// --- beginning
// -----------------------------------------------------------------------------------

Call SharingClient::choose_word(uint64_t object) noexcept {
    const uint64_t kind = choice_.below(100);
    if (kind < 35) {
        return {.verb = Verb::read};
    }
    if (kind < 55) {
        return {.verb = Verb::write, .value = fresh()};
    }
    if (kind < 75) {
        return {.verb = Verb::compare_exchange, .value = fresh(), .expected = seen_[object]};
    }
    return {.verb = Verb::fetch_add, .value = choice_.between(1, addend_most)};
}

Call SharingClient::choose_locked(uint64_t object, Instant now) noexcept {
    Held& held = held_[object];
    const uint64_t kind = choice_.below(100);
    if (kind < 25) {
        return {.verb = Verb::read};
    }
    if (held.nonce != 0 && held.generation != 0) {
        if (kind < 35) { // its answer comes when the grant is over
            next_at_ = saturating_add(
                now, Duration{choice_.between(oversleep_least.ms, oversleep_most.ms)});
            return {.verb = Verb::read};
        }
        return {.verb = Verb::commit,
                .is_release = kind < 75,
                .value = fresh(),
                .nonce = held.nonce,
                .generation = held.generation};
    }
    const bool asks_again = held.nonce != 0 && kind < 90;
    held = {.nonce = asks_again ? held.nonce : choice_.next() | 1};
    return {.verb = Verb::lock, .nonce = held.nonce};
}

Call SharingClient::choose(Instant now) noexcept {
    uint64_t object = choice_.below(SharedLayout::objects);
    for (uint64_t i = SharedLayout::words; i < SharedLayout::objects; ++i) {
        if (held_[i].generation != 0 && choice_.chance(busy_with_lock_permille)) {
            object = i;
        }
    }
    Call call = object < SharedLayout::words ? choose_word(object) : choose_locked(object, now);
    call.object = object;
    call.client = parts_.client;
    return call;
}

Result<lease::RegionTicket> SharingClient::start(lease::Region& region, Instant now) noexcept {
    const uint64_t word = SharedLayout::word_of(call_.object);
    const uint64_t lock = SharedLayout::lock_of(call_.object);
    store_word(buffer_, call_.value);
    switch (call_.verb) {
    case Verb::read: return region.start_read(word, buffer_, now);
    case Verb::write: return region.start_write(word, buffer_, now);
    case Verb::compare_exchange:
        return region.start_compare_exchange(word, call_.expected, call_.value, now);
    case Verb::fetch_add: return region.start_fetch_add(word, call_.value, now);
    case Verb::lock: {
        lease::LockRequest request{.offset = lock, .nonce = {call_.nonce}, .ttl = lock_ttl};
        request.holder.bytes[0] = static_cast<uint8_t>(parts_.client);
        return region.start_lock(request, now);
    }
    case Verb::commit: {
        const lease::CommitExtent extent{word, buffer_};
        return region.start_commit({.offset = lock,
                                    .generation = {call_.generation},
                                    .nonce = {call_.nonce},
                                    .extents = {&extent, 1},
                                    .release = call_.is_release},
                                   now);
    }
    case Verb::expire: break;
    }
    GRAFOS_UNREACHABLE();
}

/// The call is put down before anything can come of it: at home it is done at once.
SharingClient::Outcome SharingClient::begin(const SharedAccess& access, Instant now) noexcept {
    next_at_ = saturating_add(now, Duration{choice_.between(think_least.ms, think_most.ms)});
    call_ = choose(now);
    running_ = parts_.record.call(call_, parts_.observers.now());
    accesses_ += 1;
    say(What::began);
    const Result<lease::RegionTicket> started = start(*access.region, now);
    if (started.is_ok()) {
        ticket_ = started.value();
        is_running_ = true;
        return poll(access, now);
    }
    say(What::failed, started.error());
    return take_failure(started.error(), true); // whoever says so, nothing was begun
}

// --- ending
// --------------------------------------------------------------------------------------

SharingClient::Outcome SharingClient::poll(const SharedAccess& access, Instant now) noexcept {
    const Result<lease::RegionAnswer> answer = access.region->poll(ticket_, now);
    if (!answer.is_ok() && is_waiting(answer.error())) {
        return Outcome::none;
    }
    is_running_ = false;
    if (answer.is_ok()) {
        say(What::used);
        take_success(answer.value());
        return Outcome::none;
    }
    say(What::failed, answer.error());
    return take_failure(answer.error(), access.is_direct);
}

void SharingClient::take_success(const lease::RegionAnswer& answer) noexcept {
    const Instant world = parts_.observers.now();
    Held& held = held_[call_.object];
    figures_.answered += 1;
    Answer known;
    Duration left{};
    switch (call_.verb) {
    case Verb::read:
        known.value = load_little_endian<uint64_t>(buffer_.data());
        seen_[call_.object] = known.value;
        break;
    case Verb::write: seen_[call_.object] = call_.value; break;
    case Verb::compare_exchange:
        known = {.is_done = answer.exchanged, .value = answer.value};
        seen_[call_.object] = answer.exchanged ? call_.value : answer.value;
        break;
    case Verb::fetch_add:
        known.value = answer.value;
        seen_[call_.object] = answer.value + call_.value;
        break;
    case Verb::lock:
        known = {.is_done = answer.lock.is_granted,
                 .generation = answer.lock.generation.value,
                 .commits = answer.lock.commits};
        left = answer.lock.left;
        held.generation = known.is_done ? known.generation : 0;
        figures_.granted += known.is_done ? 1u : 0u;
        break;
    case Verb::commit:
        known.commits = answer.lock.commits;
        finish_commit(true);
        break;
    case Verb::expire: GRAFOS_UNREACHABLE();
    }
    parts_.record.answer(running_, known, left, world);
}

/// Whoever has let go may try once more, by a grant that is no more.
void SharingClient::finish_commit(bool is_done) noexcept {
    (is_done ? figures_.commits : figures_.stale) += 1;
    const bool is_stubborn = is_done && choice_.chance(stubborn_permille);
    if (!is_done || (call_.is_release && !is_stubborn)) {
        held_[call_.object] = {};
    }
}

/// `is_direct`: the home said so, thus did nothing; else it may be the holder's own deadline.
SharingClient::Outcome SharingClient::take_failure(const Error& error, bool is_direct) noexcept {
    const bool is_commit = call_.verb == Verb::commit;
    const bool is_end = fabric::is_end_of_lease(error);
    if (error.code == ErrorCode::disconnected || (is_end && !is_direct)) {
        figures_.lost += 1;
        parts_.record.lose(running_);
        if (call_.verb == Verb::lock || is_commit) {
            held_[call_.object].generation = 0; // asks again by the same nonce, or forgets
        }
        return is_end ? Outcome::lease_is_over : Outcome::none;
    }
    const bool is_no_grant =
        is_commit && ((error.code == ErrorCode::stale_epoch &&
                       (error.field == Field::nonce || error.field == Field::ttl)) ||
                      (error.code == ErrorCode::not_found && error.field == Field::lock));
    if (is_no_grant) {
        finish_commit(false);
        parts_.record.answer(running_, {.is_done = false}, {}, parts_.observers.now());
        return Outcome::none;
    }
    figures_.refused += 1;
    parts_.record.refuse(running_);
    if (is_commit) { // of an old generation: its own, or its token's
        held_[call_.object] = {};
    }
    if (is_end) {
        return Outcome::lease_is_over;
    }
    figures_.overtaken += is_old_token(error) ? 1u : 0u;
    const bool is_forgotten = error.code == ErrorCode::denied && error.field == Field::mac;
    parts_.verdict.expect(is_old_token(error) || is_passing(error.code) ||
                              (is_forgotten && parts_.is_home_forgetful),
                          "a sharer is refused only as it may be", parts_.observers.now());
    return is_old_token(error) || is_forgotten ? Outcome::token_is_old : Outcome::none;
}

} // namespace grafos::test
