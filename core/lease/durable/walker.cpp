// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/walker.hpp"

namespace grafos::lease {

void GroupWalker::start(const DiskLayout& layout, const NodeId& node_id,
                        const GroupPlace& place) noexcept {
    GRAFOS_ASSERT(!transfer_.is_in_flight());
    transfer_.cancel();
    GRAFOS_ASSERT(window_.size() >= size_t{layout.group_sectors_max} * hal::sector_bytes);
    GRAFOS_ASSERT(place.offset < layout.log_sectors);
    layout_ = layout;
    node_id_ = node_id;
    place_ = place;
    window_sectors_ = 0;
    is_fresh_ = false;
    is_looked_at_ = false;
}

void GroupWalker::advance() noexcept {
    GRAFOS_ASSERT(is_looked_at_ && look_ == Look::group);
    place_ = place_after(layout_, place_, header_);
    is_fresh_ = false;
    is_looked_at_ = false;
}

void GroupWalker::look_again() noexcept {
    GRAFOS_ASSERT(transfer_.is_idle());
    is_fresh_ = false;
    is_looked_at_ = false;
}

Bytes GroupWalker::held() const noexcept {
    const uint64_t at = address();
    if (at < window_first_ || at >= window_first_ + window_sectors_) {
        return {};
    }
    const uint64_t skipped = at - window_first_;
    return Bytes{window_}.subspan(static_cast<size_t>(skipped) * hal::sector_bytes,
                                  static_cast<size_t>(window_sectors_ - skipped) *
                                      hal::sector_bytes);
}

void GroupWalker::refill() noexcept {
    const uint64_t room = layout_.data_first() - address();
    const uint64_t most = window_.size() / hal::sector_bytes;
    window_first_ = address();
    window_sectors_ = room < most ? room : most;
    is_fresh_ = true;
    transfer_.set_read(window_first_,
                       window_.first(static_cast<size_t>(window_sectors_) * hal::sector_bytes));
}

Result<Look> GroupWalker::tick() noexcept {
    if (is_looked_at_) {
        return look_;
    }
    if (!transfer_.is_idle()) {
        GRAFOS_TRY_ASSIGN(const Progress progress, transfer_.tick());
        if (progress == Progress::more) {
            return Look::waiting;
        }
    }
    return examine();
}

Look GroupWalker::settle(Look look, const Error& error) noexcept {
    if (!is_fresh_) {
        refill(); // an old window says nothing about what is not there
        return Look::waiting;
    }
    look_ = look;
    error_ = error;
    is_looked_at_ = true;
    return look;
}

Look GroupWalker::examine() noexcept {
    const Bytes there = held();
    if (there.empty()) {
        refill();
        return Look::waiting;
    }
    const Result<GroupHeader> decoded = decode_group_header(layout_, node_id_, address(), there);
    if (!decoded.is_ok()) {
        const bool is_newer = decoded.error().code == ErrorCode::unsupported_version;
        return settle(is_newer ? Look::contradiction : Look::nothing, decoded.error());
    }
    header_ = decoded.value();
    if (header_.number != place_.number) {
        const Error error{ErrorCode::corrupt, Field::log, header_.number, place_.number};
        return settle(header_.number > place_.number ? Look::contradiction : Look::nothing, error);
    }
    if (header_.size_bytes() > there.size()) {
        GRAFOS_ASSERT(!is_fresh_); // a fresh window holds the longest group
        refill();
        return Look::waiting;
    }
    const Result<> body = check_frame_body(header_.frame, there);
    if (!body.is_ok()) {
        return settle(Look::nothing, body.error());
    }
    const Result<> link = check_group_link(header_, place_);
    if (!link.is_ok()) {
        return settle(Look::contradiction, link.error());
    }
    bytes_ = there.first(header_.size_bytes());
    look_ = Look::group;
    is_looked_at_ = true;
    return Look::group;
}

} // namespace grafos::lease
