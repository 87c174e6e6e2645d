// SPDX-License-Identifier: Apache-2.0
#include "core/lease/lessor/memory_verbs.hpp"

#include "core/lease/lock/lock_header.hpp"

namespace grafos::lease {
namespace {

/// Leased memory is bytes; a word in it may be one of anything.
using Word [[gnu::may_alias]] = uint64_t;
constexpr uint64_t word_bytes = sizeof(uint64_t);

// Words in leased memory are little-endian; no instruction adds in the other order.
static_assert(std::endian::native == std::endian::little);

[[nodiscard]] Result<> check_aligned(uint64_t offset) noexcept {
    if (offset % word_bytes != 0) {
        return Error{ErrorCode::invalid_argument, Field::offset, offset, word_bytes};
    }
    return ok();
}

/// The bytes that a verb works on, checked.
[[nodiscard]] Result<MutableBytes> bytes_at(Lessor& lessor, const Authority& by, uint64_t offset,
                                            uint64_t length, Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(const MutableBytes memory, lessor.memory_of(by, now));
    GRAFOS_TRY(check_aligned(offset));
    GRAFOS_TRY(check_range(by, offset, length, memory.size()));
    return memory.subspan(offset, length);
}

/// Each run of a commit inside the lease, none over the lock itself, all of them one datagram.
[[nodiscard]] Result<> check_extents(const Authority& by, const CommitRequest& request,
                                     uint64_t size) noexcept {
    if (request.extents.size() > limits::commit_extents_max) {
        return Error{ErrorCode::capacity_exceeded, Field::extents, request.extents.size(),
                     limits::commit_extents_max};
    }
    uint64_t total = 0;
    for (const CommitExtent& extent : request.extents) {
        GRAFOS_TRY(check_range(by, extent.offset, extent.bytes.size(), size));
        const bool is_before = extent.offset + extent.bytes.size() <= request.offset;
        if (!is_before && extent.offset < request.offset + limits::lock_bytes) {
            return Error{ErrorCode::invalid_argument, Field::extents, extent.offset,
                         request.offset + limits::lock_bytes};
        }
        total += extent.bytes.size(); // eight numbers below the size of a lease
    }
    if (total > limits::commit_bytes_max) {
        return Error{ErrorCode::capacity_exceeded, Field::length, total, limits::commit_bytes_max};
    }
    return ok();
}

} // namespace

// Lanes on other cores may use the same words, so these are single instructions of the CPU.

Result<Exchange> MemoryVerbs::compare_exchange(const Authority& by, uint64_t offset,
                                               uint64_t expected, uint64_t desired,
                                               Instant now) noexcept {
    const Result<MutableBytes> bytes = bytes_at(lessor_, by, offset, word_bytes, now);
    if (!bytes.is_ok()) {
        return refuse(bytes.error());
    }
    auto* const word = reinterpret_cast<Word*>(bytes.value().data());
    uint64_t found = expected;
    const bool exchanged = __atomic_compare_exchange_n(word, &found, desired, false,
                                                       __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    lessor_.counters().add(observe::Counter::exchanges);
    return Exchange{found, exchanged};
}

Result<uint64_t> MemoryVerbs::fetch_add(const Authority& by, uint64_t offset, uint64_t addend,
                                        Instant now) noexcept {
    const Result<MutableBytes> bytes = bytes_at(lessor_, by, offset, word_bytes, now);
    if (!bytes.is_ok()) {
        return refuse(bytes.error());
    }
    auto* const word = reinterpret_cast<Word*>(bytes.value().data());
    const uint64_t before = __atomic_fetch_add(word, addend, __ATOMIC_SEQ_CST);
    lessor_.counters().add(observe::Counter::exchanges);
    return before;
}

Error MemoryVerbs::refuse(const Error& error) noexcept {
    lessor_.counters().add_refusal(error.code);
    return error;
}

Result<LockGrant> MemoryVerbs::try_lock(const Authority& by, const LockRequest& request,
                                        Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(const MutableBytes bytes,
                      bytes_at(lessor_, by, request.offset, limits::lock_bytes, now));
    GRAFOS_TRY_ASSIGN(LockHeader header, read_lock(bytes, lessor_.first_epoch(), now));
    const LockGeneration before = header.generation;
    GRAFOS_TRY_ASSIGN(const LockGrant grant,
                      take_lock(header, request, lessor_.access_end(by.slot), now));
    write_lock(header, bytes);
    if (header.generation != before) {
        lessor_.counters().add(observe::Counter::locks_granted);
        lessor_.events().add(
            {now, observe::EventCode::lock_granted, by.slot.value, header.generation.value});
    } else if (!grant.is_granted) {
        lessor_.counters().add(observe::Counter::locks_waited);
    }
    return grant;
}

Result<LockGrant> MemoryVerbs::lock(const Authority& by, const LockRequest& request,
                                    Instant now) noexcept {
    Result<LockGrant> grant = try_lock(by, request, now);
    return grant.is_ok() ? std::move(grant) : Result<LockGrant>{refuse(grant.error())};
}

/// Everything is checked before the first byte is written: all or nothing.
Result<LockGrant> MemoryVerbs::try_commit(const Authority& by, const CommitRequest& request,
                                          Instant now) noexcept {
    GRAFOS_TRY_ASSIGN(const MutableBytes bytes,
                      bytes_at(lessor_, by, request.offset, limits::lock_bytes, now));
    GRAFOS_TRY_ASSIGN(const MutableBytes memory, lessor_.memory_of(by, now));
    GRAFOS_TRY(check_extents(by, request, memory.size()));
    if (is_all_zero(bytes)) {
        return Error{ErrorCode::not_found, Field::lock, request.offset, 0};
    }
    GRAFOS_TRY_ASSIGN(LockHeader header, read_lock(bytes, lessor_.first_epoch(), now));
    GRAFOS_TRY(check_commit(header, request, now));
    uint64_t written = 0;
    for (const CommitExtent& extent : request.extents) {
        copy_bytes(memory.subspan(extent.offset, extent.bytes.size()), extent.bytes);
        written += extent.bytes.size();
    }
    const LockGrant answer = count_commit(header, request, now);
    write_lock(header, bytes);
    lessor_.counters().add(observe::Counter::commits);
    lessor_.counters().add(observe::Counter::bytes_written, written);
    return answer;
}

Result<LockGrant> MemoryVerbs::commit(const Authority& by, const CommitRequest& request,
                                      Instant now) noexcept {
    Result<LockGrant> answer = try_commit(by, request, now);
    if (answer.is_ok()) {
        return answer;
    }
    if (answer.error().code == ErrorCode::stale_epoch) {
        lessor_.counters().add(observe::Counter::locks_stale);
    }
    return refuse(answer.error());
}

} // namespace grafos::lease
