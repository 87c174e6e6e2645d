// SPDX-License-Identifier: Apache-2.0
#include "tests/support/power_cut.hpp"

namespace grafos::test {

using hal::BlockOperation;

bool PowerCuts::is_durable(const BlockRecord& write, uint64_t moment) const noexcept {
    if (write.completed == 0 || write.completed > moment) {
        return false;
    }
    for (size_t i = settled_; i < log_.record_count; ++i) {
        const BlockRecord& flush = log_.records[i];
        if (flush.operation == BlockOperation::flush && !flush.is_swallowed &&
            flush.started > write.completed && flush.completed != 0 && flush.completed <= moment) {
            return true;
        }
    }
    return false;
}

void PowerCuts::move_to(uint64_t moment) noexcept {
    GRAFOS_ASSERT(moment >= moment_);
    GRAFOS_ASSERT(log_.record_count <= is_applied_.size() && !log_.is_full);
    moment_ = moment;
    unit_count_ = 0;
    size_t settled = settled_;
    bool is_prefix = true;
    for (size_t i = settled_; i < log_.record_count && log_.records[i].started <= moment; ++i) {
        const BlockRecord& record = log_.records[i];
        const bool is_write = record.operation == BlockOperation::write;
        if (is_write && !is_applied_[i] && is_durable(record, moment)) {
            copy_bytes(durable_.subspan(static_cast<size_t>(record.sector) * hal::sector_bytes),
                       log_.data.subspan(static_cast<size_t>(record.data_offset),
                                         size_t{record.sector_count} * hal::sector_bytes));
            is_applied_[i] = true;
        }
        // A flush that has not completed may still make earlier writes durable.
        const bool is_gone = record.abandoned != 0 && record.abandoned <= moment;
        const bool is_open =
            !is_gone &&
            (is_write ? !is_applied_[i] : record.completed == 0 || record.completed > moment);
        is_prefix = is_prefix && !is_open;
        settled = is_prefix ? i + 1 : settled;
        for (uint32_t s = 0; is_write && is_open && s < record.sector_count; ++s) {
            GRAFOS_ASSERT(unit_count_ < units_max);
            units_[unit_count_++] = {record.sector + s, static_cast<size_t>(record.data_offset) +
                                                            s * hal::sector_bytes};
        }
    }
    settled_ = settled;
}

/// none, all, then per unit: alone, missing, up to it, from it, garbage; then subsets.
size_t PowerCuts::variant_count() const noexcept {
    if (unit_count_ == 0) {
        return 1;
    }
    const size_t subsets = unit_count_ <= subset_units ? size_t{1} << unit_count_ : samples;
    return 2 + 5 * unit_count_ + subsets;
}

uint64_t PowerCuts::mask_of(size_t variant, uint64_t seed) const noexcept {
    const uint64_t all = unit_count_ == 64 ? UINT64_MAX : (uint64_t{1} << unit_count_) - 1;
    if (variant < 2) {
        return variant == 0 ? 0 : all;
    }
    const size_t ordinal = variant - 2;
    if (ordinal < 5 * unit_count_) {
        const size_t unit = ordinal / 5;
        const uint64_t bit = uint64_t{1} << unit;
        switch (ordinal % 5) {
        case 0: return bit;
        case 1: return all & ~bit;
        case 2: return bit - 1;
        case 3: return all & ~(bit - 1);
        default: return all; // the unit itself is garbage
        }
    }
    const size_t subset = ordinal - 5 * unit_count_;
    return unit_count_ <= subset_units ? subset : SeededChoice{seed + subset}.next() & all;
}

void PowerCuts::build(size_t variant, uint64_t seed, MutableBytes disk) const noexcept {
    GRAFOS_ASSERT(variant < variant_count());
    copy_bytes(disk, durable_);
    if (unit_count_ == 0) {
        return;
    }
    const uint64_t mask = mask_of(variant, seed);
    for (size_t i = 0; i < unit_count_; ++i) {
        if ((mask >> i & 1) != 0) {
            copy_bytes(disk.subspan(static_cast<size_t>(units_[i].sector) * hal::sector_bytes),
                       log_.data.subspan(units_[i].data_offset, hal::sector_bytes));
        }
    }
    const size_t ordinal = variant - 2;
    if (variant >= 2 && ordinal < 5 * unit_count_ && ordinal % 5 == 4) {
        SeededChoice choice{seed};
        const auto at = static_cast<size_t>(units_[ordinal / 5].sector) * hal::sector_bytes;
        for (uint8_t& byte : disk.subspan(at, hal::sector_bytes)) {
            byte = static_cast<uint8_t>(choice.next());
        }
    }
}

} // namespace grafos::test
