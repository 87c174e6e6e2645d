// SPDX-License-Identifier: Apache-2.0
/// A split virtqueue: the driver's side of the three tables it shares with a device.
///
/// The device writes only the used ring, and is not believed: an index that jumps further than what
/// is on its way, or an element that names no descriptor of ours, makes the queue *broken*, which
/// its driver answers with a device reset. Nothing the device writes is ever used as an address.
/// Source: Virtual I/O Device 1.1, section 2.6. Little-endian, as are both bare machines and the
/// host.
#pragma once

#include <optional>
#include <span>

#include "core/base/bytes.hpp"

namespace grafos::board {

struct VirtDescriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags;
    uint16_t next;
};
static_assert(sizeof(VirtDescriptor) == 16);

inline constexpr uint16_t virt_descriptor_next = 1;          ///< another one follows
inline constexpr uint16_t virt_descriptor_device_writes = 2; ///< else the device reads

struct VirtUsedElement {
    uint32_t head;
    uint32_t length; ///< bytes the device says it wrote
};

/// The tables, for the owner of a queue to keep. `Size` is a power of two.
template <uint16_t Size>
struct VirtqueueTables {
    static_assert(Size != 0 && (Size & (Size - 1)) == 0);
    alignas(4096) VirtDescriptor descriptors[Size] = {};
    uint16_t available[size_t{Size} + 3] = {}; ///< flags, index, ring, event
    alignas(4) uint16_t used_header[2] = {};   ///< flags, index
    VirtUsedElement used[Size] = {};           ///< right behind its header
};

enum class UsedOutcome : uint8_t { none, taken, broken };

class Virtqueue {
public:
    template <uint16_t Size>
    constexpr explicit Virtqueue(VirtqueueTables<Size>& tables) noexcept
        : descriptors_{tables.descriptors},
          available_{tables.available},
          used_header_{tables.used_header},
          used_{tables.used} {}
    Virtqueue(const Virtqueue&) = delete;
    Virtqueue& operator=(const Virtqueue&) = delete;

    /// Empties all tables; `size` ≤ capacity is what the device was told. Only while the device
    /// does not look at them. Context: turn.
    void restart(uint16_t size) noexcept;

    void set_descriptor(uint16_t index, const VirtDescriptor& descriptor) noexcept;
    /// Hands the chain that starts at `head` to the device; it is to be notified afterwards.
    void offer(uint16_t head) noexcept;
    /// The next finished chain, if there is one.
    [[nodiscard]] UsedOutcome take_used(VirtUsedElement& to) noexcept;

    /// Whether a finished chain waits to be taken. Context: any.
    [[nodiscard]] bool has_used() const noexcept;
    /// A wish, which the device may overlook: no interrupt when it finishes a chain of this queue.
    /// Until the next restart.
    void suppress_interrupts() noexcept;
    /// Whether the device asks to be notified of what was offered so far; if not, it looks anyway.
    [[nodiscard]] bool wants_notification() const noexcept;

    [[nodiscard]] uint16_t size() const noexcept { return size_; }
    [[nodiscard]] uint16_t size_max() const noexcept {
        return static_cast<uint16_t>(descriptors_.size());
    }
    [[nodiscard]] uint64_t descriptors_address() const noexcept;
    [[nodiscard]] uint64_t available_address() const noexcept;
    [[nodiscard]] uint64_t used_address() const noexcept;

private:
    std::span<VirtDescriptor> descriptors_;
    std::span<uint16_t> available_;
    std::span<uint16_t> used_header_;
    std::span<VirtUsedElement> used_;
    uint16_t size_ = 0;
    uint16_t offered_ = 0; ///< our index in the available ring
    uint16_t taken_ = 0;   ///< how far we have read the used ring
};

} // namespace grafos::board
