// SPDX-License-Identifier: Apache-2.0
#include "tests/support/durable_rig.hpp"

#include "tests/support/seeded_entropy.hpp"

namespace grafos::test {

using lease::AuditEvent;
using lease::LogPhase;

namespace {

constexpr uint64_t snapshot_magic = 0x7465737473746174u;
constexpr size_t snapshot_bytes_min = 24;
constexpr uint32_t ticks_most = 100'000;

[[nodiscard]] constexpr uint64_t mix(uint64_t rolling, uint64_t value) noexcept {
    return (rolling ^ value) * 0x100000001b3u + 0x9e3779b97f4a7c15u;
}

} // namespace

void CountingState::apply(const AuditEvent& event) noexcept {
    count_ += 1;
    rolling_ = mix(rolling_, static_cast<uint64_t>(event.kind));
    rolling_ = mix(rolling_, event.timestamp.ms);
    rolling_ = mix(rolling_, event.tenant.value);
    rolling_ = mix(rolling_, event.epoch.value);
    rolling_ = mix(rolling_, static_cast<uint64_t>(event.reason));
    rolling_ = mix(rolling_, crc32c(event.identity));
    rolling_ = mix(rolling_, crc32c(event.lease_ref.bytes));
    rolling_ = mix(rolling_, crc32c(event.resource_id.bytes));
    rolling_ = mix(rolling_, crc32c(event.event_data));
}

size_t CountingState::write_checkpoint(MutableBytes to) noexcept {
    snapshots += 1;
    ByteWriter out{to};
    out.put<uint64_t>(snapshot_magic);
    out.put<uint64_t>(count_);
    out.put<uint64_t>(rolling_);
    while (out.size() < snapshot_bytes_) {
        out.put<uint8_t>(static_cast<uint8_t>(out.size()));
    }
    return out.size();
}

Result<> CountingState::load_checkpoint(Bytes from) noexcept {
    loads += 1;
    count_ = 0;
    rolling_ = 0;
    if (refuses_load) {
        return Error{ErrorCode::unsupported_version, Field::version, 2, 1};
    }
    if (from.empty()) {
        return ok();
    }
    ByteReader in{from};
    const auto magic = in.take<uint64_t>();
    const auto count = in.take<uint64_t>();
    const auto rolling = in.take<uint64_t>();
    if (!in.is_ok() || magic != snapshot_magic) {
        return Error{ErrorCode::corrupt, Field::checkpoint};
    }
    for (size_t i = snapshot_bytes_min; i < from.size(); ++i) {
        if (from[i] != static_cast<uint8_t>(i)) {
            return Error{ErrorCode::corrupt, Field::checkpoint, i};
        }
    }
    count_ = count;
    rolling_ = rolling;
    return ok();
}

Result<> CountingState::replay(const AuditEvent& event, Sequence sequence) noexcept {
    if (refuses_replay || sequence.value != count_) {
        return Error{ErrorCode::corrupt, Field::sequence, sequence.value, count_};
    }
    apply(event);
    return ok();
}

DurableRig::DurableRig(hal::BlockDevice& device, const lease::LogOptions& options,
                       size_t group_bytes_used) noexcept
    : log{{device, state, MutableBytes{group_a}.first(group_bytes_used),
           MutableBytes{group_b}.first(group_bytes_used),
           MutableBytes{window}.first(group_bytes_used), checkpoint},
          options} {}

LogPhase DurableRig::boot() noexcept {
    const Result<> started = log.start();
    if (!started.is_ok()) {
        last_error = started.error();
        return LogPhase::stopped;
    }
    return settle();
}

LogPhase DurableRig::settle() noexcept {
    for (uint32_t i = 0; i < ticks_most; ++i) {
        const LogPhase phase = log.state().phase;
        if (phase != LogPhase::booting && phase != LogPhase::formatting) {
            return phase;
        }
        (void)log.tick(64);
    }
    return log.state().phase;
}

LogPhase DurableRig::boot_or_format(uint64_t identity_seed) noexcept {
    if (boot() == LogPhase::blank) {
        const lease::IdentityCell cell = identity_of(identity_seed);
        const Result<> formatted = log.format(cell.node_id, cell.secrets);
        if (!formatted.is_ok()) {
            last_error = formatted.error();
            return LogPhase::blank;
        }
    }
    return settle();
}

bool DurableRig::drain() noexcept {
    for (uint32_t i = 0; i < ticks_most; ++i) {
        const uint64_t before = log.figures().checkpoints;
        (void)log.tick(1);
        if (log.state().phase != LogPhase::ready) {
            return false;
        }
        if (log.anchored_end() == log.appended_end() && log.is_idle() &&
            log.figures().checkpoints == before) {
            return true;
        }
    }
    return false;
}

Sequence DurableRig::append(const AuditEvent& event, lease::Draw draw) noexcept {
    const Result<Sequence> sequence = log.append(event, draw);
    if (!sequence.is_ok()) {
        last_error = sequence.error();
        return {UINT64_MAX};
    }
    state.apply(event);
    return sequence.value();
}

lease::IdentityCell identity_of(uint64_t seed) noexcept {
    lease::IdentityCell cell;
    SeededChoice choice{seed};
    for (uint8_t& byte : cell.node_id.bytes) {
        byte = static_cast<uint8_t>(choice.next());
    }
    for (uint8_t& byte : cell.secrets.signing_seed) {
        byte = static_cast<uint8_t>(choice.next());
    }
    for (uint8_t& byte : cell.secrets.exchange_secret) {
        byte = static_cast<uint8_t>(choice.next());
    }
    return cell;
}

SampleEvent::SampleEvent(lease::EventKind kind, uint64_t seed, Epoch epoch) noexcept {
    SeededChoice choice{seed ^ static_cast<uint64_t>(kind) << 32};
    for (uint8_t& byte : identity) {
        byte = static_cast<uint8_t>(choice.next());
    }
    for (uint8_t& byte : data) {
        byte = static_cast<uint8_t>(choice.next());
    }
    event.kind = kind;
    event.timestamp.ms = 1'700'000'000'000 + seed;
    event.tenant.value = static_cast<uint32_t>(choice.below(4));
    for (uint8_t& byte : event.lease_ref.bytes) {
        byte = static_cast<uint8_t>(choice.next());
    }
    event.resource_id.bytes[1] = 2;
    event.epoch = epoch;
    event.reason =
        kind == lease::EventKind::lease_expired ? lease::Reason::ttl_elapsed : lease::Reason::none;
    event.identity = Bytes{identity}.first(choice.below(2) * identity.size());
    event.event_data = Bytes{data}.first(choice.below(data.size() + 1));
}

} // namespace grafos::test
