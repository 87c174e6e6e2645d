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

Result<LockGrant> MemoryVerbs::lock(const Authority&, const LockRequest&, Instant) noexcept {
    return refuse({ErrorCode::unsupported, Field::operation});
}

Result<LockGrant> MemoryVerbs::commit(const Authority&, const CommitRequest&, Instant) noexcept {
    return refuse({ErrorCode::unsupported, Field::operation});
}

} // namespace grafos::lease
