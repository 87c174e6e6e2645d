// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/fabric/block_copy.hpp"

#include <algorithm>

namespace grafos::ec_counter {
namespace {

/// A record: magic u32, server u32, sequence u64, value u64, CRC-32C of what stands before it.
constexpr uint32_t record_magic = 0x65636232; // "ecb2"
constexpr size_t checked_bytes = 24;

struct Record {
    uint64_t sequence = 0;
    uint64_t value = 0;
};

[[nodiscard]] std::optional<Record> record_of(Bytes block, uint32_t server) noexcept {
    ByteReader reader{block};
    const auto magic = reader.take<uint32_t>();
    const auto whose = reader.take<uint32_t>();
    Record record;
    record.sequence = reader.take<uint64_t>();
    record.value = reader.take<uint64_t>();
    const auto sum = reader.take<uint32_t>();
    const bool is_sound = reader.is_ok() && magic == record_magic && whose == server &&
                          sum == crc32c(block.first(checked_bytes));
    return is_sound ? std::optional{record} : std::nullopt;
}

[[nodiscard]] AllocKey key_of(uint32_t server) noexcept {
    AllocKey key;
    ByteWriter writer{key.bytes};
    writer.put_bytes(bytes_of("ec-counter/v"));
    writer.put(server);
    return key;
}

} // namespace

BlockCopy::BlockCopy(fabric::Fabric& fabric, const Place& place) noexcept
    : fabric_{fabric}, place_{place} {
    GRAFOS_ASSERT(place.server > 0);
}

bool BlockCopy::is_in_reach(Instant now) const noexcept {
    const bool is_held = step_ == Step::idle || step_ == Step::writing || step_ == Step::written ||
                         step_ == Step::flushing;
    const bool is_late = step_ != Step::idle && now >= saturating_add(began_, reach_within);
    return is_held && !is_silent_ && !is_late;
}

void BlockCopy::step(Instant now, uint64_t wanted) noexcept {
    if (step_ == Step::away && now >= retry_at_) {
        acquire(now);
    }
    if (step_ == Step::acquiring) {
        poll_acquire(now);
    }
    const bool is_held = lease_.has_value() && step_ != Step::leaving;
    const Result<> status = is_held ? lease_->status() : Result<>{ok()};
    if (!status.is_ok() && !fabric::is_still_open(status.error())) {
        leave(step_ != Step::idle && step_ != Step::written, now);
    }
    const bool is_access = step_ == Step::reading || step_ == Step::writing ||
                           step_ == Step::flushing || step_ == Step::leaving;
    if (is_access) {
        poll_access(now);
    }
    if (step_ == Step::written) {
        start(Step::flushing, now);
    }
    if (step_ == Step::idle && now >= retry_at_ && (!is_read_ || wanted > kept_)) {
        if (is_read_) {
            put_record(wanted);
        }
        start(is_read_ ? Step::writing : Step::reading, now);
    }
}

// --- the lease -----------------------------------------------------------------------------------

void BlockCopy::acquire(Instant now) noexcept {
    Result<fabric::Acquiring<fabric::BlockLease>> started = fabric::BlockBuilder{fabric_}
                                                                .min_blocks(record_blocks)
                                                                .lease_ttl(place_.ttl)
                                                                .on(place_.node)
                                                                .key(key_of(place_.server))
                                                                .start_acquire();
    retry_at_ = saturating_add(now, retry_after);
    if (started.is_ok()) {
        acquiring_.emplace(std::move(started).value());
        step_ = Step::acquiring;
        began_ = now;
    }
}

void BlockCopy::poll_acquire(Instant now) noexcept {
    Result<fabric::BlockLease> lease = acquiring_->poll();
    if (!lease.is_ok() && fabric::is_still_open(lease.error())) {
        return;
    }
    acquiring_.reset();
    retry_at_ = saturating_add(now, retry_after);
    step_ = Step::away;
    if (lease.is_ok()) {
        lease_.emplace(std::move(lease).value());
        blocks_.emplace(lease_->block());
        step_ = Step::idle;
        retry_at_ = now;
        is_silent_ = true; // until something was read
    }
}

/// What lay here is lost with the lease. Its buffer may still be lent.
void BlockCopy::leave(bool is_in_flight, Instant now) noexcept {
    is_read_ = false;
    kept_ = 0;
    if (is_in_flight) {
        step_ = Step::leaving;
        return;
    }
    blocks_.reset();
    lease_.reset();
    step_ = Step::away;
    retry_at_ = saturating_add(now, retry_after);
}

// --- its bytes -----------------------------------------------------------------------------------

void BlockCopy::start(Step step, Instant now) noexcept {
    GRAFOS_ASSERT(blocks_.has_value());
    lease::Region& region = blocks_->region();
    const size_t next = static_cast<size_t>((sequence_ + 1) % record_blocks);
    const uint64_t offset = next * limits::block_bytes;
    const Result<lease::RegionTicket> started =
        step == Step::reading   ? region.start_read(0, buffer_, now)
        : step == Step::writing ? region.start_write(offset, block(next), now)
                                : region.start_flush(now);
    if (!started.is_ok()) {
        take_failure(started.error(), now);
        return;
    }
    began_ = step == Step::flushing ? began_ : now;
    step_ = step;
    ticket_ = started.value();
}

void BlockCopy::poll_access(Instant now) noexcept {
    const Result<lease::RegionAnswer> answer = blocks_->region().poll(ticket_, now);
    if (!answer.is_ok() && fabric::is_still_open(answer.error())) {
        return;
    }
    if (step_ == Step::leaving) {
        leave(false, now);
    } else if (!answer.is_ok()) {
        take_failure(answer.error(), now);
    } else if (step_ == Step::writing) {
        step_ = Step::written;
    } else {
        take_success();
    }
}

void BlockCopy::take_success() noexcept {
    if (step_ == Step::reading) {
        read_records();
    } else {
        sequence_ += 1;
        kept_ = writing_;
    }
    is_silent_ = false;
    step_ = Step::idle;
}

/// Whether a write took effect may be unknown: it is made again, in the same block.
void BlockCopy::take_failure(const Error& error, Instant now) noexcept {
    step_ = Step::idle;
    retry_at_ = saturating_add(now, retry_after);
    is_silent_ = is_silent_ || error.code != ErrorCode::busy;
    const Result<> status = lease_->status();
    if (!status.is_ok() && !fabric::is_still_open(status.error())) {
        leave(false, now);
    }
}

void BlockCopy::read_records() noexcept {
    found_ = 0;
    sequence_ = 0;
    for (size_t i = 0; i < record_blocks; ++i) {
        const std::optional<Record> record = record_of(block(i), place_.server);
        if (record.has_value()) {
            found_ = std::max(found_, record->value);
            sequence_ = std::max(sequence_, record->sequence);
        }
    }
    kept_ = found_;
    is_read_ = true;
}

void BlockCopy::put_record(uint64_t value) noexcept {
    const MutableBytes to = block(static_cast<size_t>((sequence_ + 1) % record_blocks));
    zero_bytes(to);
    ByteWriter writer{to};
    writer.put(record_magic);
    writer.put(place_.server);
    writer.put(sequence_ + 1);
    writer.put(value);
    writer.put(crc32c(to.first(checked_bytes)));
    writing_ = value;
}

} // namespace grafos::ec_counter
