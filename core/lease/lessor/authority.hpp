// SPDX-License-Identifier: Apache-2.0
/// Whose access to a lease's bytes is checked, and how far it reaches.
#pragma once

#include "core/lease/resource.hpp"
#include "core/lease/token/token.hpp"

namespace grafos::lease {

/// Who touches the bytes of a lease, found by id or by ref, and how far its token lets it. An epoch
/// belongs to one grant, so slot and epoch name a lease for good: an authority can be kept, and is
/// checked again on each use.
struct Authority {
    SlotIndex slot{};
    Epoch epoch{};
    Generation generation{};
    uint64_t begin = 0; ///< bytes of the lease that may be touched: begin … end − 1
    uint64_t end = ~uint64_t{0};
    uint64_t bytes_max = ~uint64_t{0}; ///< of one access
};

/// What a token's claims allow in the lease that was found for them.
[[nodiscard]] inline Authority authority_by(const Claims& claims, SlotIndex slot) noexcept {
    return {slot, claims.epoch, claims.generation, claims.begin, claims.end, claims.bytes_max};
}

/// Whether `length` bytes at `offset` of a lease of `size` bytes may be touched. Failures: denied
/// (offset, length), capacity_exceeded (offset, length). Context: any.
[[nodiscard]] Result<> check_range(const Authority& by, uint64_t offset, uint64_t length,
                                   uint64_t size) noexcept;

/// An access under way.
struct AccessHandle {
    SlotIndex slot{};
    Epoch epoch{};
    MutableBytes buffer{};
    Access::Kind kind = Access::Kind::read;
    uint8_t resource = 0;
    AccessTicket ticket{};
};

} // namespace grafos::lease
