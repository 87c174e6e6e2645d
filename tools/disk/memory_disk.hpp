// SPDX-License-Identifier: Apache-2.0
/// A whole disk image in memory, behind the HAL's block device, with a memory of what it was
/// before: thousands of boots try one disk each, and each leaves it as it was.
#pragma once

#include <vector>

#include "hal/block_device.hpp"

namespace grafos::tools {

class MemoryDisk final : public hal::BlockDevice {
public:
    explicit MemoryDisk(std::vector<uint8_t> bytes);

    [[nodiscard]] hal::BlockGeometry geometry() const noexcept override;
    [[nodiscard]] Result<hal::BlockTicket> start_read(uint64_t sector,
                                                      MutableBytes to) noexcept override;
    [[nodiscard]] Result<hal::BlockTicket> start_write(uint64_t sector,
                                                       Bytes from) noexcept override;
    [[nodiscard]] Result<hal::BlockTicket> start_flush() noexcept override;
    [[nodiscard]] Result<> poll(hal::BlockTicket ticket) noexcept override;
    [[nodiscard]] Result<> reset() noexcept override { return ok(); }

    /// Refuses writes from now on: an image that is only looked at.
    void set_read_only() noexcept { is_read_only_ = true; }
    /// Overwrites sectors, if they are on the disk.
    void put(uint64_t sector, Bytes bytes);
    /// From here on, what is overwritten is remembered; `undo` takes it all back.
    void begin() noexcept { is_recording_ = true; }
    void undo() noexcept;
    [[nodiscard]] uint64_t sector_count() const noexcept {
        return bytes_.size() / hal::sector_bytes;
    }

private:
    struct Saved {
        uint64_t sector;
        std::array<uint8_t, hal::sector_bytes> bytes;
    };

    [[nodiscard]] Result<> check(uint64_t sector, size_t size) const noexcept;

    std::vector<uint8_t> bytes_;
    std::vector<Saved> saved_;
    bool is_recording_ = false;
    bool is_read_only_ = false;
    uint64_t tickets_ = 0;
    uint64_t done_ = 0; ///< the ticket that waits to be asked for
};

} // namespace grafos::tools
