// SPDX-License-Identifier: Apache-2.0
/// The bytes of a lease granted by this machine: the `Region` door over the lessor next door.
#pragma once

#include "core/lease/lessor/memory_verbs.hpp"
#include "core/lease/region.hpp"

namespace grafos::lease {

/// Accesses of one region under way at a time; one more is `busy`.
inline constexpr uint32_t region_accesses_max = 4;

class LocalRegion final : public Region {
public:
    /// For the holder of `lease`, as its grant was answered. The generation of a later renewal is
    /// set with `set_generation`; the one before it stays valid (protocol §3).
    LocalRegion(Lessor& lessor, const Answer& lease) noexcept
        : lessor_{lessor},
          id_{lease.lease},
          epoch_{lease.epoch},
          generation_{lease.generation},
          size_bytes_{lease.amount_bytes} {}
    LocalRegion(const LocalRegion&) = delete;
    LocalRegion& operator=(const LocalRegion&) = delete;

    void set_generation(Generation generation) noexcept { generation_ = generation; }

    [[nodiscard]] uint64_t size_bytes() const noexcept override { return size_bytes_; }
    [[nodiscard]] Result<RegionTicket> start_read(uint64_t offset, MutableBytes to,
                                                  Instant now) noexcept override;
    [[nodiscard]] Result<RegionTicket> start_write(uint64_t offset, MutableBytes from,
                                                   Instant now) noexcept override;
    [[nodiscard]] Result<RegionTicket> start_flush(Instant now) noexcept override;
    [[nodiscard]] Result<RegionTicket> start_compare_exchange(uint64_t offset, uint64_t expected,
                                                              uint64_t desired,
                                                              Instant now) noexcept override;
    [[nodiscard]] Result<RegionTicket> start_fetch_add(uint64_t offset, uint64_t addend,
                                                       Instant now) noexcept override;
    [[nodiscard]] Result<RegionTicket> start_lock(const LockRequest& request,
                                                  Instant now) noexcept override;
    [[nodiscard]] Result<RegionTicket> start_commit(const CommitRequest& request,
                                                    Instant now) noexcept override;
    [[nodiscard]] Result<RegionAnswer> poll(RegionTicket ticket, Instant now) noexcept override;

private:
    struct Slot {
        uint64_t number = 0; ///< of its ticket; 0 = free
        bool is_done = false;
        AccessHandle handle{}; ///< until it is done
        RegionAnswer answer{}; ///< once it is
    };
    [[nodiscard]] Result<Slot*> take_slot() noexcept;
    [[nodiscard]] Result<RegionTicket> start(Access::Kind kind, uint64_t offset,
                                             MutableBytes buffer, Instant now) noexcept;
    [[nodiscard]] Result<Authority> authority(Instant now) const noexcept {
        return lessor_.find_access(id_, epoch_, generation_, now);
    }
    [[nodiscard]] RegionTicket keep(Slot& slot, const RegionAnswer& answer) noexcept;

    Lessor& lessor_;
    LeaseId id_;
    Epoch epoch_;
    Generation generation_;
    uint64_t size_bytes_;
    uint64_t next_number_ = 1;
    MemoryVerbs verbs_{lessor_};
    std::array<Slot, region_accesses_max> slots_{};
};

} // namespace grafos::lease
