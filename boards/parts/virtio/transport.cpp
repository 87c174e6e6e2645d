// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/virtio/transport.hpp"

#include "boards/parts/mmio/mmio.hpp"
#include "hal/cpu.hpp"

namespace grafos::board {

namespace reg = virtio_register;

namespace {
/// Reads of the status register until a device counts as dead: more than a second everywhere.
constexpr uint32_t reset_reads_max = 2'000'000;
} // namespace

uint32_t VirtioTransport::read(uintptr_t offset) const noexcept {
    GRAFOS_ASSERT(base_ != 0);
    return mmio_read32(base_ + offset);
}

void VirtioTransport::write(uintptr_t offset, uint32_t value) const noexcept {
    GRAFOS_ASSERT(base_ != 0);
    mmio_write32(base_ + offset, value);
}

void VirtioTransport::write_address(uintptr_t low_offset, uint64_t address) const noexcept {
    write(low_offset, static_cast<uint32_t>(address));
    write(low_offset + 4, static_cast<uint32_t>(address >> 32));
}

Result<> VirtioTransport::reset() noexcept {
    write(reg::status, 0);
    for (uint32_t i = 0; i < reset_reads_max; ++i) {
        if (read(reg::status) == 0) {
            hal::memory_barrier();
            return ok();
        }
        hal::relax();
    }
    return Error{ErrorCode::io, Field::device, read(reg::status), 0};
}

Result<uint64_t> VirtioTransport::negotiate(uint64_t required, uint64_t wished) noexcept {
    GRAFOS_TRY(reset());
    write(reg::status, virtio_status::acknowledge);
    write(reg::status, virtio_status::acknowledge | virtio_status::driver);
    write(reg::device_features_select, 0);
    const uint64_t low = read(reg::device_features);
    write(reg::device_features_select, 1);
    const uint64_t offered = low | (static_cast<uint64_t>(read(reg::device_features)) << 32);
    const uint64_t needed = required | virtio_feature_version_1;
    if ((offered & needed) != needed) {
        write(reg::status, virtio_status::failed);
        return Error{ErrorCode::unsupported, Field::device, offered, needed};
    }
    const uint64_t agreed = offered & (needed | wished);
    write(reg::driver_features_select, 0);
    write(reg::driver_features, static_cast<uint32_t>(agreed));
    write(reg::driver_features_select, 1);
    write(reg::driver_features, static_cast<uint32_t>(agreed >> 32));
    const uint32_t so_far =
        virtio_status::acknowledge | virtio_status::driver | virtio_status::features_ok;
    write(reg::status, so_far);
    const uint32_t answered = read(reg::status);
    if ((answered & so_far) != so_far) {
        return Error{ErrorCode::io, Field::device, answered, so_far};
    }
    return agreed;
}

Result<> VirtioTransport::set_queue(uint32_t index, Virtqueue& queue, uint16_t least) noexcept {
    write(reg::queue_select, index);
    if (read(reg::queue_ready) != 0) {
        return Error{ErrorCode::io, Field::device, index, 0};
    }
    const uint32_t offered = read(reg::queue_size_max);
    uint16_t size = queue.size_max();
    while (size > offered) {
        size = static_cast<uint16_t>(size / 2);
    }
    if (size < least || size == 0) {
        return Error{ErrorCode::unsupported, Field::device, offered, least};
    }
    queue.restart(size);
    write(reg::queue_size, size);
    write_address(reg::queue_descriptors_low, queue.descriptors_address());
    write_address(reg::queue_driver_low, queue.available_address());
    write_address(reg::queue_device_low, queue.used_address());
    hal::memory_barrier();
    write(reg::queue_ready, 1);
    return ok();
}

Result<> VirtioTransport::run() noexcept {
    const uint32_t before = read(reg::status);
    write(reg::status, before | virtio_status::driver_ok);
    const uint32_t after = read(reg::status);
    if ((after & (virtio_status::needs_reset | virtio_status::failed)) != 0 ||
        (after & virtio_status::driver_ok) == 0) {
        return Error{ErrorCode::io, Field::device, after, virtio_status::driver_ok};
    }
    return ok();
}

void VirtioTransport::notify(uint32_t queue_index) const noexcept {
    write(reg::queue_notify, queue_index);
}

uint32_t VirtioTransport::read_config32(uintptr_t offset) const noexcept {
    return read(reg::config + offset);
}

uint64_t VirtioTransport::read_config64(uintptr_t offset) const noexcept {
    return read_config32(offset) | (static_cast<uint64_t>(read_config32(offset + 4)) << 32);
}

uint32_t VirtioTransport::status() const noexcept {
    return read(reg::status);
}

} // namespace grafos::board
