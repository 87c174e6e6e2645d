// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/virtio/net.hpp"

namespace grafos::board {

namespace {

constexpr uint64_t feature_mac = 1ull << 5;
constexpr uint32_t receive_index = 0;
constexpr uint32_t send_index = 1;
constexpr uintptr_t config_mac = 0;
constexpr uint16_t entries_least = 4;

Error broken() noexcept {
    return Error{ErrorCode::io, Field::device};
}

} // namespace

Result<> VirtioNet::start(uintptr_t base) noexcept {
    transport_.attach(base);
    GRAFOS_TRY_ASSIGN(const uint64_t features, transport_.negotiate(feature_mac, 0));
    GRAFOS_ASSERT((features & feature_mac) != 0);
    const uint64_t mac = transport_.read_config64(config_mac);
    for (size_t i = 0; i < mac_.size(); ++i) {
        mac_[i] = static_cast<uint8_t>(mac >> (8 * i));
    }
    GRAFOS_TRY(transport_.set_queue(receive_index, rings_.receive_queue(), entries_least));
    GRAFOS_TRY(transport_.set_queue(send_index, rings_.send_queue(), entries_least));
    rings_.begin(mac_);
    GRAFOS_TRY(transport_.run());
    is_broken_ = false;
    flush();
    return ok();
}

Result<MutableBytes> VirtioNet::judge(Result<MutableBytes> answer) noexcept {
    if (!answer.is_ok() && answer.error().code == ErrorCode::io) {
        is_broken_ = true;
        (void)transport_.reset();
    }
    return answer;
}

Result<MutableBytes> VirtioNet::take_frame() noexcept {
    if (is_broken_) {
        return broken();
    }
    Result<MutableBytes> frame = judge(rings_.take());
    // Nothing left to do here, so the device learns of the buffers it has back.
    if (!frame.is_ok() && !is_broken_ && rings_.settle_receive()) {
        transport_.notify(receive_index);
    }
    return frame;
}

Result<MutableBytes> VirtioNet::reserve_frame() noexcept {
    if (is_broken_) {
        return broken();
    }
    return judge(rings_.reserve());
}

void VirtioNet::flush() noexcept {
    if (is_broken_) {
        return;
    }
    if (rings_.settle_send()) {
        transport_.notify(send_index);
    }
    if (rings_.settle_receive()) {
        transport_.notify(receive_index);
    }
}

} // namespace grafos::board
