// SPDX-License-Identifier: Apache-2.0
/// A disk whose operations always complete at the next turn, whatever the real one below it does.
///
/// A scenario has to give the same bytes on every machine (protocol §9), so how fast a disk is must
/// not show. Each operation is carried out on the real device at once, waited for, and its outcome
/// is kept until the node asks for it in a later turn. Writes into a range can be refused, as a
/// worn disk would.
#pragma once

#include <array>

#include "hal/block_device.hpp"

namespace grafos::test {

class NextTurnDisk final : public hal::BlockDevice {
public:
    NextTurnDisk(hal::BlockDevice& device, uint64_t sector_count) noexcept
        : device_{device}, sector_count_{sector_count} {}

    /// From now on operations started before this call may be answered.
    void next_turn() noexcept { turn_ += 1; }
    /// Refuses every write that touches [first, first + count); count 0 refuses none.
    void refuse_writes(uint64_t first, uint64_t count) noexcept {
        refused_first_ = first;
        refused_count_ = count;
    }
    /// A power cut: nothing that was started is answered any more.
    void forget() noexcept { slots_ = {}; }
    [[nodiscard]] bool has_failed() const noexcept { return has_failed_; }

    [[nodiscard]] hal::BlockGeometry geometry() const noexcept override;
    [[nodiscard]] Result<hal::BlockTicket> start_read(uint64_t sector,
                                                      MutableBytes to) noexcept override;
    [[nodiscard]] Result<hal::BlockTicket> start_write(uint64_t sector,
                                                       Bytes from) noexcept override;
    [[nodiscard]] Result<hal::BlockTicket> start_flush() noexcept override;
    [[nodiscard]] Result<> poll(hal::BlockTicket ticket) noexcept override;
    [[nodiscard]] Result<> reset() noexcept override;

private:
    static constexpr size_t in_flight_max = 8;
    struct Slot {
        uint64_t number = 0;
        uint64_t turn = 0;
        bool is_refused = false;
    };
    [[nodiscard]] Result<hal::BlockTicket> carry_out(const Result<hal::BlockTicket>& started,
                                                     bool is_refused) noexcept;
    [[nodiscard]] Slot* free_slot() noexcept;

    hal::BlockDevice& device_;
    uint64_t sector_count_; ///< the part of it that is used
    std::array<Slot, in_flight_max> slots_{};
    uint64_t turn_ = 0;
    uint64_t next_number_ = 1;
    uint64_t refused_first_ = 0;
    uint64_t refused_count_ = 0;
    bool has_failed_ = false; ///< the real device refused something: the run means nothing
};

} // namespace grafos::test
