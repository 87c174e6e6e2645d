// SPDX-License-Identifier: Apache-2.0
#include "core/lease/lock/lock_header.hpp"

#include <algorithm>

namespace grafos::lease {
namespace {

constexpr uint32_t magic = 0x6b63'4c67; // "gLck", little-endian
constexpr uint16_t version = 1;
constexpr size_t held_at = 6;
constexpr size_t count_at = 7;
constexpr size_t boot_at = 8;
constexpr size_t generation_at = 16;
constexpr size_t nonce_at = 24;
constexpr size_t holder_at = 32;
constexpr size_t deadline_at = 48;
constexpr size_t commits_at = 56;
constexpr size_t last_generation_at = 64;
constexpr size_t last_nonce_at = 72;
constexpr size_t zeroes_at = 80;
constexpr size_t waiters_at = 96;
constexpr size_t waiter_bytes = 20;
constexpr uint64_t largest = ~uint64_t{0};

static_assert(waiters_at + limits::lock_waiters_max * waiter_bytes == limits::lock_bytes);

template <typename Integer>
[[nodiscard]] Integer get(Bytes from, size_t at) noexcept {
    Integer value = 0;
    __builtin_memcpy(&value, from.data() + at, sizeof(value));
    return value;
}
template <typename Integer>
void put(MutableBytes to, size_t at, Integer value) noexcept {
    __builtin_memcpy(to.data() + at, &value, sizeof(value));
}
static_assert(std::endian::native == std::endian::little);

[[nodiscard]] Error corrupt_at(size_t at) noexcept {
    return {ErrorCode::corrupt, Field::lock, at, 0};
}

/// What no node writes, whatever its clock says.
[[nodiscard]] Result<> check_form(Bytes from) noexcept {
    if (get<uint32_t>(from, 0) != magic) {
        return corrupt_at(0);
    }
    const auto found = get<uint16_t>(from, 4);
    if (found != version) {
        return Error{ErrorCode::unsupported_version, Field::version, found, version};
    }
    if (from[held_at] > 1) {
        return corrupt_at(held_at);
    }
    if (from[count_at] > limits::lock_waiters_max) {
        return corrupt_at(count_at);
    }
    const size_t used = waiters_at + from[count_at] * waiter_bytes;
    if (!is_all_zero(from.subspan(zeroes_at, waiters_at - zeroes_at))) {
        return corrupt_at(zeroes_at);
    }
    return is_all_zero(from.subspan(used)) ? Result<>{ok()} : Result<>{corrupt_at(used)};
}

/// Grants and commits count each other's past.
[[nodiscard]] Result<> check_counts(const LockHeader& lock) noexcept {
    const bool has_nonce = lock.nonce.value != 0;
    if (has_nonce != (lock.generation.value != 0) || (lock.is_held && !has_nonce)) {
        return corrupt_at(generation_at);
    }
    const bool has_commit = lock.commits > 0;
    if (has_commit != (lock.last_generation.value > 0) ||
        has_commit != (lock.last_nonce.value > 0)) {
        return corrupt_at(commits_at);
    }
    return lock.last_generation <= lock.generation ? Result<>{ok()}
                                                   : Result<>{corrupt_at(last_generation_at)};
}

/// Whoever asks for too long ago has gone; the others keep their order.
[[nodiscard]] Result<> read_waiters(LockHeader& lock, Bytes from, Instant now) noexcept {
    for (size_t i = 0; i < from[count_at]; ++i) {
        const size_t at = waiters_at + i * waiter_bytes;
        const LockWaiter waiter{
            {get<uint64_t>(from, at)}, {get<uint64_t>(from, at + 8)}, get<uint32_t>(from, at + 16)};
        if (waiter.nonce.value == 0 || waiter.overtaken > limits::lock_overtakes_max ||
            waiter.poll_by > saturating_add(now, limits::lock_poll_max)) {
            return corrupt_at(at);
        }
        if (is_before_deadline(now, waiter.poll_by)) {
            lock.waiters[lock.waiter_count] = waiter;
            lock.waiter_count += 1;
        }
    }
    return ok();
}

/// The place of `nonce` in the queue, or the number of waiters.
[[nodiscard]] uint8_t place_of(const LockHeader& lock, LockNonce nonce) noexcept {
    uint8_t place = 0;
    while (place < lock.waiter_count && lock.waiters[place].nonce != nonce) {
        ++place;
    }
    return place;
}

void remove_waiter(LockHeader& lock, uint8_t place) noexcept {
    GRAFOS_ASSERT(place < lock.waiter_count);
    for (size_t i = place; i + 1 < lock.waiter_count; ++i) {
        lock.waiters[i] = lock.waiters[i + 1];
    }
    lock.waiter_count -= 1;
    lock.waiters[lock.waiter_count] = {};
}

[[nodiscard]] LockGrant answer_of(const LockHeader& lock, bool is_granted, Instant now) noexcept {
    LockGrant grant;
    grant.is_granted = is_granted;
    grant.generation = lock.generation;
    grant.left = lock.is_held ? left_until(lock.deadline, now) : Duration{0};
    grant.commits = lock.commits;
    grant.last_generation = lock.last_generation;
    grant.last_nonce = lock.last_nonce;
    return grant;
}

[[nodiscard]] LockGrant wait(LockHeader& lock, LockNonce nonce, Instant now) noexcept {
    const uint8_t place = place_of(lock, nonce);
    LockGrant grant = answer_of(lock, false, now);
    grant.poll_within = limits::lock_poll_max;
    if (place == limits::lock_waiters_max) {
        return grant; // no room: no place, and nothing to lose
    }
    if (place == lock.waiter_count) {
        lock.waiters[place] = {nonce, {}, 0};
        lock.waiter_count += 1;
    }
    lock.waiters[place].poll_by = saturating_add(now, limits::lock_poll_max);
    grant.place = static_cast<uint8_t>(place + 1);
    return grant;
}

/// A free lock goes to whoever asks, unless that overtakes a waiter once too often.
[[nodiscard]] bool may_take(const LockHeader& lock, uint8_t place) noexcept {
    if (lock.is_held) {
        return false;
    }
    for (uint8_t ahead = 0; ahead < place; ++ahead) {
        if (lock.waiters[ahead].overtaken >= limits::lock_overtakes_max) {
            return false;
        }
    }
    return true;
}

} // namespace

Result<LockHeader> read_lock(Bytes from, Epoch boot, Instant now) noexcept {
    GRAFOS_ASSERT(from.size() == limits::lock_bytes && boot.value > 0);
    LockHeader lock;
    lock.boot = boot;
    if (is_all_zero(from)) {
        return lock;
    }
    GRAFOS_TRY(check_form(from));
    lock.is_held = from[held_at] == 1;
    lock.generation.value = get<uint64_t>(from, generation_at);
    lock.nonce.value = get<uint64_t>(from, nonce_at);
    copy_bytes(lock.holder.bytes, from.subspan(holder_at, HolderId::size_bytes));
    lock.deadline.ms = get<uint64_t>(from, deadline_at);
    lock.commits = get<uint64_t>(from, commits_at);
    lock.last_generation.value = get<uint64_t>(from, last_generation_at);
    lock.last_nonce.value = get<uint64_t>(from, last_nonce_at);
    GRAFOS_TRY(check_counts(lock));
    if (get<uint64_t>(from, boot_at) != boot.value) {
        lock.is_held = false; // instants of another boot say nothing in this one
        return lock;
    }
    if (lock.deadline > saturating_add(now, limits::lease_ttl_max)) {
        return corrupt_at(deadline_at);
    }
    lock.is_held = lock.is_held && is_before_deadline(now, lock.deadline);
    GRAFOS_TRY(read_waiters(lock, from, now));
    return lock;
}

void write_lock(const LockHeader& lock, MutableBytes to) noexcept {
    GRAFOS_ASSERT(to.size() == limits::lock_bytes && lock.boot.value > 0);
    GRAFOS_ASSERT(lock.waiter_count <= limits::lock_waiters_max);
    zero_bytes(to);
    put<uint32_t>(to, 0, magic);
    put<uint16_t>(to, 4, version);
    to[held_at] = lock.is_held ? 1 : 0;
    to[count_at] = lock.waiter_count;
    put<uint64_t>(to, boot_at, lock.boot.value);
    put<uint64_t>(to, generation_at, lock.generation.value);
    put<uint64_t>(to, nonce_at, lock.nonce.value);
    copy_bytes(to.subspan(holder_at), lock.holder.view());
    put<uint64_t>(to, deadline_at, lock.deadline.ms);
    put<uint64_t>(to, commits_at, lock.commits);
    put<uint64_t>(to, last_generation_at, lock.last_generation.value);
    put<uint64_t>(to, last_nonce_at, lock.last_nonce.value);
    for (size_t i = 0; i < lock.waiter_count; ++i) {
        const size_t at = waiters_at + i * waiter_bytes;
        put<uint64_t>(to, at, lock.waiters[i].nonce.value);
        put<uint64_t>(to, at + 8, lock.waiters[i].poll_by.ms);
        put<uint32_t>(to, at + 16, lock.waiters[i].overtaken);
    }
}

Result<LockGrant> take_lock(LockHeader& lock, const LockRequest& request, Instant lease_end,
                            Instant now) noexcept {
    if (request.nonce.value == 0) {
        return Error{ErrorCode::invalid_argument, Field::nonce, 0, 1};
    }
    if (request.ttl.ms == 0 || request.ttl > limits::lease_ttl_max) {
        return Error{ErrorCode::invalid_argument, Field::ttl, request.ttl.ms,
                     limits::lease_ttl_max.ms};
    }
    if (lock.is_held && lock.nonce == request.nonce) {
        return answer_of(lock, true, now);
    }
    if (lock.generation.value == largest) {
        return Error{ErrorCode::exhausted, Field::generation, largest, largest};
    }
    const uint8_t place = place_of(lock, request.nonce);
    if (!may_take(lock, place)) {
        return wait(lock, request.nonce, now);
    }
    for (uint8_t ahead = 0; ahead < place; ++ahead) {
        lock.waiters[ahead].overtaken += 1;
    }
    if (place < lock.waiter_count) {
        remove_waiter(lock, place);
    }
    lock.is_held = true;
    lock.generation.value += 1;
    lock.nonce = request.nonce;
    lock.holder = request.holder;
    lock.deadline = earlier_of(saturating_add(now, request.ttl), lease_end);
    return answer_of(lock, true, now);
}

Result<> check_commit(const LockHeader& lock, const CommitRequest& request, Instant now) noexcept {
    if (request.generation != lock.generation) {
        return Error{ErrorCode::stale_epoch, Field::generation, request.generation.value,
                     lock.generation.value};
    }
    if (request.nonce != lock.nonce) {
        return Error{ErrorCode::stale_epoch, Field::nonce, request.nonce.value, 0};
    }
    if (!lock.is_held) {
        return Error{ErrorCode::stale_epoch, Field::ttl, now.ms, lock.deadline.ms};
    }
    if (lock.commits == largest) {
        return Error{ErrorCode::exhausted, Field::sequence, largest, largest};
    }
    return ok();
}

LockGrant count_commit(LockHeader& lock, const CommitRequest& request, Instant now) noexcept {
    GRAFOS_ASSERT(lock.is_held && lock.nonce == request.nonce);
    lock.commits += 1;
    lock.last_generation = request.generation;
    lock.last_nonce = request.nonce;
    if (request.release) {
        lock.is_held = false;
        lock.deadline = {};
    }
    return answer_of(lock, lock.is_held, now);
}

} // namespace grafos::lease
