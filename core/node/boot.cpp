// SPDX-License-Identifier: Apache-2.0
/// How a node comes up: one step a turn, none of which waits. A reason not to go on ends in
/// `degraded`, which is a state and not an end: the console works, and what can be read is shown.
#include "core/node/node.hpp"

namespace grafos::node {

Node::Node(const Parts& parts, const lease::LogOptions& options) noexcept
    : parts_{parts},
      signer_{identity_},
      resources_{&parts.memory, &parts.block},
      lessor_{{parts.table, resources_, log_, drbg_, counters_, parts.events}, parts.limits},
      state_{*this},
      log_{{parts.machine.disk, state_, parts.group_a, parts.group_b, parts.window,
            parts.checkpoint},
           options},
      reader_{log_, parts.machine.disk, parts.export_window},
      outbox_{parts.outbox},
      renewal_door_{*this, {}},
      renewals_{parts.renewals, renewal_door_} {
    GRAFOS_ASSERT(lease::is_consistent(parts.limits));
}

void Node::enter(Readiness readiness) noexcept {
    readiness_ = readiness;
    parts_.events.add({now(), observe::EventCode::readiness_changed,
                       static_cast<uint64_t>(readiness), static_cast<uint64_t>(degraded_reason_)});
}

/// An adoption or a trim has started, or the log is ready after one: the ways out of `degraded`.
bool Node::is_log_going_on() const noexcept {
    const lease::LogPhase phase = log_.state().phase;
    return phase == lease::LogPhase::booting || phase == lease::LogPhase::formatting ||
           phase == lease::LogPhase::ready;
}

/// Also without being ready a node shows whose disk it is, and signs what it exports.
void Node::know_identity() noexcept {
    if (log_.has_identity() && !identity_.is_started()) {
        identity_.start(log_.identity().secrets);
    }
}

void Node::enter_degraded(lease::DegradedReason reason) noexcept {
    GRAFOS_ASSERT(reason != lease::DegradedReason::none);
    has_served_ = readiness_ == Readiness::ready;
    know_identity();
    degraded_reason_ = reason;
    if (reason == lease::DegradedReason::durable_unknown) {
        counters_.add(observe::Counter::commit_failures);
        parts_.events.add({now(), observe::EventCode::commit_failed, anchored_end().value,
                           static_cast<uint64_t>(log_.state().cause.code)});
    }
    enter(Readiness::degraded);
}

/// Ends whatever the disk still had in flight; everyone who had something there is told.
bool Node::reset_disk() noexcept {
    counters_.add(observe::Counter::device_resets);
    parts_.events.add({now(), observe::EventCode::device_reset, 0, 0});
    const bool came_back = parts_.machine.disk.reset().is_ok();
    log_.on_device_reset();
    reader_.on_device_reset();
    lessor_.on_device_reset();
    if (service_ != nullptr) {
        service_->on_device_reset();
    }
    return came_back;
}

void Node::boot_on() noexcept {
    switch (readiness_) {
    case Readiness::booting: enter(Readiness::loading_identity); return;
    case Readiness::loading_identity: load_identity(); return;
    case Readiness::loading_persistence: follow_log(); return;
    case Readiness::loading_replay_cache: finish_boot_record(); return;
    case Readiness::loading_revocations: enter(Readiness::ready); return;
    case Readiness::ready:
        if (log_.state().phase == lease::LogPhase::degraded) {
            enter_degraded(log_.state().reason);
        }
        return;
    case Readiness::degraded:
        if (!has_served_ && is_log_going_on()) {
            degraded_reason_ = lease::DegradedReason::none;
            enter(Readiness::loading_persistence);
        }
        return;
    }
    GRAFOS_UNREACHABLE();
}

void Node::load_identity() noexcept {
    const Result<> seeded = drbg_.start(parts_.machine.entropy);
    if (!seeded.is_ok() && seeded.error().code == ErrorCode::busy) {
        return;
    }
    if (!seeded.is_ok() || !log_.start().is_ok()) {
        enter_degraded(lease::DegradedReason::device_lost);
        return;
    }
    std::array<uint8_t, 16> key;
    drbg_.fill(key);
    parts_.table.start(
        now(), {load_big_endian<uint64_t>(key.data()), load_big_endian<uint64_t>(key.data() + 8)});
    renewals_.start();
    (void)parts_.memory.start().is_ok(); // a machine with no memory to lend lends none
    has_more_ = true;
    enter(Readiness::loading_persistence);
}

void Node::follow_log() noexcept {
    switch (log_.state().phase) {
    case lease::LogPhase::stopped:
    case lease::LogPhase::booting:
    case lease::LogPhase::formatting: return;
    case lease::LogPhase::blank: format(); return;
    case lease::LogPhase::degraded: enter_degraded(log_.state().reason); return;
    case lease::LogPhase::ready: begin_boot_record(); return;
    }
    GRAFOS_UNREACHABLE();
}

/// First boot: this machine gets its keys.
void Node::format() noexcept {
    crypto::IdentitySecrets secrets = crypto::draw_identity_secrets(drbg_);
    identity_.start(secrets);
    if (!log_.format(identity_.node_id(), secrets).is_ok()) {
        enter_degraded(lease::DegradedReason::geometry);
    }
    crypto::erase_secrets(secrets);
}

/// The log has found its layout: from here on the disk's units can be told apart.
Result<> Node::ReplayedState::load_checkpoint(Bytes from) noexcept {
    const lease::DiskLayout& layout = node_.log_.layout();
    GRAFOS_TRY(node_.parts_.block.start({layout.data_first(), layout.data_sectors()}));
    return node_.lessor_.load_checkpoint(from);
}

/// Everything of earlier boots is replayed. The boot record ends their leases; with it the boot
/// number and the epoch mark become durable, and only then anything is granted.
void Node::begin_boot_record() noexcept {
    know_identity();
    uint64_t fence_count = 0;
    for (const lease::Resource* const resource : resources_) {
        lease::Extent run = resource->find_run(lease::UnitState::fenced, 0);
        for (; run.unit_count > 0; ++fence_count) {
            run = resource->find_run(lease::UnitState::fenced, run.first_unit + run.unit_count);
        }
    }
    log_.restore_fences(fence_count);
    lessor_.start(parts_.machine.unix_base, log_.first_epoch());
    boot_record_ = seal_boot_record();
    log_.request_checkpoint();
    has_more_ = true;
    enter(Readiness::loading_replay_cache);
}

Sequence Node::seal_boot_record() noexcept {
    lease::BootData boot;
    boot.previous_boot = log_.previous_boot();
    boot.wall_source = parts_.machine.wall_source;
    const Result<hal::Epitaph> epitaph = log_.epitaph();
    boot.has_epitaph = epitaph.is_ok() && epitaph.value().boot == boot.previous_boot.value &&
                       boot.previous_boot.value != 0;
    if (boot.has_epitaph) {
        boot.epitaph = epitaph.value();
    }
    if (service_ != nullptr) {
        const ServiceRules rules = service_->rules();
        boot.has_peers = true;
        boot.is_sealed = rules.is_sealed;
        boot.peers = rules.peers;
    }
    lease::AuditEvent event;
    event.kind = lease::EventKind::boot;
    event.timestamp = lessor_.unix_at(now());
    event.reason = boot.previous_boot.value == 0 ? lease::Reason::first_boot
                   : boot.has_epitaph            ? lease::Reason::restart_after_epitaph
                                                 : lease::Reason::restart;
    const lease::EventData data = lease::encode_data(boot);
    event.event_data = data.view();
    Result<Sequence> record = log_.append(event, lease::Draw::control);
    GRAFOS_ASSERT(record.is_ok()); // an empty group and a reserve of its own
    if (log_.is_adopted()) {
        event.kind = lease::EventKind::state_adopted;
        event.reason = lease::Reason::operator_request;
        const lease::EventData floor = lease::encode_data(lease::AdoptedData{log_.first_epoch()});
        event.event_data = floor.view();
        const Result<Sequence> adopted = log_.append(event, lease::Draw::control);
        GRAFOS_ASSERT(adopted.is_ok());
        return adopted.value();
    }
    return record.value();
}

void Node::finish_boot_record() noexcept {
    if (log_.state().phase == lease::LogPhase::degraded) {
        enter_degraded(log_.state().reason);
    } else if (boot_record_ < log_.anchored_end()) {
        enter(Readiness::loading_revocations);
    }
    has_more_ = has_more_ || readiness_ == Readiness::loading_revocations;
}

} // namespace grafos::node
