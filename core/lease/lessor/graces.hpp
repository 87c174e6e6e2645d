// SPDX-License-Identifier: Apache-2.0
/// What the end record of a lease needs and its slot has no room for: who revoked it, with which
/// grace, and, if the record has to wait for the journal, who ended it and in which state.
#pragma once

#include "core/lease/table/lease_table.hpp"

namespace grafos::lease {

/// Revocations in grace at one time; one more is `busy`.
inline constexpr size_t graces_max = 32;

struct Grace {
    bool is_used = false;
    SlotIndex slot{};
    Duration length{}; ///< granted; 0 = none
    Instant ends_at{};
    RevokeState ended_in = RevokeState::active; ///< only once the record had to wait
    std::array<uint8_t, limits::identity_bytes_max> identity_bytes{};
    uint8_t identity_size = 0;

    [[nodiscard]] Bytes identity() const noexcept {
        return Bytes{identity_bytes}.first(identity_size);
    }
};

class Graces {
public:
    [[nodiscard]] const Grace* find(SlotIndex slot) const noexcept {
        if (used_ == 0) {
            return nullptr;
        }
        for (const Grace& grace : graces_) {
            if (grace.is_used && grace.slot == slot) {
                return &grace;
            }
        }
        return nullptr;
    }
    [[nodiscard]] Grace* find(SlotIndex slot) noexcept {
        return const_cast<Grace*>(static_cast<const Graces*>(this)->find(slot));
    }

    /// A place for `slot`, which has none; `actor` ≤ limits::identity_bytes_max. Where all are
    /// taken, one whose lease has ended gives way: its record says less then, and a live one says
    /// all. nullptr: all belong to live leases.
    [[nodiscard]] Grace* take(SlotIndex slot, Bytes actor, const LeaseTable& table) noexcept {
        GRAFOS_ASSERT(find(slot) == nullptr);
        Grace* place = nullptr;
        for (Grace& grace : graces_) {
            if (!grace.is_used) {
                place = &grace;
                break;
            }
            if (!is_live(table.phase(grace.slot))) {
                place = &grace;
            }
        }
        if (place == nullptr) {
            return nullptr;
        }
        used_ += place->is_used ? 0 : 1;
        *place = Grace{};
        place->is_used = true;
        place->slot = slot;
        place->identity_size = static_cast<uint8_t>(actor.size());
        copy_bytes(place->identity_bytes, actor);
        return place;
    }

    void give_back(SlotIndex slot) noexcept {
        if (Grace* const grace = find(slot); grace != nullptr) {
            GRAFOS_ASSERT(used_ > 0);
            *grace = Grace{};
            used_ -= 1;
        }
    }

    [[nodiscard]] std::span<const Grace> all() const noexcept { return graces_; }
    [[nodiscard]] size_t used() const noexcept { return used_; }

private:
    std::array<Grace, graces_max> graces_{};
    size_t used_ = 0;
};

} // namespace grafos::lease
