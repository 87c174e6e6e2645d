// SPDX-License-Identifier: Apache-2.0
/// What a scenario does: each kind of request, access, nonsense and fault, chosen by the seed.
#include "tests/sim/scenario/scenario.hpp"

namespace grafos::test {
namespace {

using lease::Operation;
using lease::Request;

constexpr std::string_view identities[] = {"alice", "bob", "carol", "dave"};

[[nodiscard]] bool is_end_code(ErrorCode code) noexcept {
    return code == ErrorCode::lease_expired || code == ErrorCode::revoked ||
           code == ErrorCode::released || code == ErrorCode::not_found;
}

} // namespace

size_t Scenario::pick_held() noexcept {
    const size_t first = static_cast<size_t>(random_.below(held_max));
    for (size_t i = 0; i < held_max; ++i) {
        const size_t index = (first + i) % held_max;
        if (held_[index].is_used && held_[index].boot == boots_) {
            return index;
        }
    }
    return none;
}

size_t Scenario::free_held() noexcept {
    for (size_t i = 0; i < held_max; ++i) {
        if (!held_[i].is_used) {
            return i;
        }
    }
    // The oldest boots' ids have been tried often enough.
    const size_t index = static_cast<size_t>(random_.below(held_max));
    return held_[index].boot == boots_ ? none : index;
}

void Scenario::start(const Request& request, size_t held) noexcept {
    for (Open& open : open_) {
        if (!open.is_used) {
            const Result<lease::Ticket> ticket = node_->start(request);
            expect(ticket.is_ok(), "an outbox with room takes a request");
            if (ticket.is_ok()) {
                const bool is_known = held < held_max;
                open = {true, ticket.value(), request.operation, held,
                        is_known ? held_[held].grant.lease_ref : LeaseRef{}};
            }
            return;
        }
    }
    // As many as the outbox has: one more is refused and changes nothing.
    const Result<lease::Ticket> ticket = node_->start(request);
    expect(!ticket.is_ok() && ticket.error().code == ErrorCode::capacity_exceeded,
           "a full outbox refuses");
}

void Scenario::take_answer(const Open& open, const Result<lease::Answer>& answer) noexcept {
    const bool is_same = open.held < held_max && held_[open.held].is_used &&
                         held_[open.held].grant.lease_ref == open.ref;
    Held* const held = is_same ? &held_[open.held] : nullptr;
    if (!answer.is_ok()) {
        if (held != nullptr && is_end_code(answer.error().code) &&
            open.operation != Operation::grant) {
            held->is_used = false;
        }
        return;
    }
    expect(answer.value().record < node_->anchored_end(), "an answer rests on a durable record");
    switch (open.operation) {
    case Operation::grant: {
        bool is_repeat = false; // the same key got the live lease it had
        for (const Held& other : held_) {
            is_repeat = is_repeat || (other.is_used && other.grant.lease == answer.value().lease);
        }
        const size_t index = is_repeat ? none : free_held();
        if (index != none) {
            held_[index] = Held{};
            held_[index].is_used = true;
            held_[index].is_block = open.held != none;
            held_[index].grant = answer.value();
            held_[index].generation = answer.value().generation;
            held_[index].pattern = static_cast<uint8_t>(1 + random_.below(255));
            held_[index].boot = boots_;
        }
        return;
    }
    case Operation::renew:
        if (held != nullptr) {
            // Answers are polled in no order, so that the newest is the largest.
            held->generation = answer.value().generation > held->generation
                                   ? answer.value().generation
                                   : held->generation;
        }
        return;
    case Operation::release:
        if (held != nullptr) {
            held->is_used = false;
        }
        return;
    case Operation::revoke:
    case Operation::report_checkpoint:
    case Operation::clear_fence:
    case Operation::request_token:
    case Operation::refresh_token:
    case Operation::attach:
    case Operation::look:
    case Operation::set_time:
    case Operation::read_log:
    case Operation::trim_log:
    case Operation::other: return;
    }
}

void Scenario::operate() noexcept {
    done_ += 1;
    const uint64_t kind = random_.below(1000);
    if (kind < 230) {
        do_grant();
    } else if (kind < 460) {
        do_renew();
    } else if (kind < 580) {
        do_release();
    } else if (kind < 640) {
        do_revoke();
    } else if (kind < 670) {
        do_report();
    } else if (kind < 890) {
        do_access();
    } else if (kind < 950) {
        do_nonsense();
    } else if (kind < 980) {
        do_old_id();
    } else if (kind < 988) {
        do_disk_fault();
    } else {
        do_clear_fence();
    }
}

void Scenario::do_grant() noexcept {
    Request request;
    request.operation = Operation::grant;
    request.caller.tenant.value = static_cast<uint32_t>(random_.between(1, 4));
    request.caller.identity = bytes_of(identities[request.caller.tenant.value - 1]);
    const bool is_block = random_.chance(250);
    request.resource = lease::resource_id_of(
        is_block ? lease::ResourceKind::block : lease::ResourceKind::memory, 0);
    request.amount_bytes = random_.between(1, is_block ? 400'000 : 120'000);
    request.ttl = Duration{random_.chance(700) ? random_.between(100, 3'000)
                                               : random_.between(3'000, 300'000)};
    if (random_.chance(200)) {
        store_big_endian<uint64_t>(request.alloc_key.bytes.data(), random_.between(1, 16));
    }
    // `held` says only whether it is a block lease; its place is chosen when the answer comes.
    start(request, is_block ? 0 : none);
}

void Scenario::do_renew() noexcept {
    const size_t index = pick_held();
    if (index == none) {
        return;
    }
    const Held& held = held_[index];
    Request request;
    request.operation = Operation::renew;
    request.lease = held.grant.lease;
    request.generation = held.generation;
    if (random_.chance(100) && held.generation.value > 0) {
        request.generation.value -= 1;
    }
    request.ttl = Duration{random_.chance(200) ? random_.between(100, 20'000) : 0};
    start(request, index);
}

void Scenario::do_release() noexcept {
    const size_t index = pick_held();
    if (index == none) {
        return;
    }
    Request request;
    request.operation = Operation::release;
    request.caller.identity = bytes_of("alice");
    request.lease = held_[index].grant.lease;
    start(request, index);
}

void Scenario::do_revoke() noexcept {
    const size_t index = pick_held();
    if (index == none) {
        return;
    }
    Request request;
    request.operation = Operation::revoke;
    request.caller.identity = bytes_of("operator");
    request.lease_ref = held_[index].grant.lease_ref;
    request.grace = Duration{random_.chance(600) ? random_.between(1, 5'000) : 0};
    request.reason = random_.chance(300) ? static_cast<lease::Reason>(random_.between(1, 10))
                                         : lease::Reason::authority_request;
    start(request, index);
}

void Scenario::do_report() noexcept {
    const size_t index = pick_held();
    if (index == none) {
        return;
    }
    Request request;
    request.operation = Operation::report_checkpoint;
    request.lease = held_[index].grant.lease;
    start(request, index);
}

/// Nobody's bytes but one's own: zero until written, then the lease's own pattern.
void Scenario::check_read(const Held& held, Bytes data) noexcept {
    for (const uint8_t byte : data) {
        expect(byte == 0 || (held.is_written && byte == held.pattern),
               "bytes of a lease are zero or its own");
    }
}

void Scenario::do_access() noexcept {
    const size_t index = pick_held();
    if (index == none) {
        return;
    }
    Held& held = held_[index];
    const uint64_t blocks = held.grant.amount_bytes / data_.size();
    if (blocks == 0) {
        return;
    }
    lease::Access access;
    access.kind = random_.chance(500) ? lease::Access::Kind::write : lease::Access::Kind::read;
    access.offset = data_.size() * random_.below(blocks);
    access.buffer = data_;
    for (uint8_t& byte : data_) {
        byte = access.kind == lease::Access::Kind::write ? held.pattern : 0xee;
    }
    const Result<lease::AccessHandle> handle = node_->lessor().start_access(
        held.grant.lease, held.grant.epoch, held.generation, access, node_->now());
    if (!handle.is_ok()) {
        const ErrorCode code = handle.error().code;
        expect(is_end_code(code) || code == ErrorCode::busy || code == ErrorCode::io ||
                   code == ErrorCode::stale_epoch,
               "an access is refused with the end of its lease");
        return;
    }
    held.is_written = held.is_written || access.kind == lease::Access::Kind::write;
    Result<> done = node_->poll_access(handle.value());
    for (int turns = 0; !done.is_ok() && done.error().code == ErrorCode::busy && turns < 100;
         ++turns) {
        turn();
        done.~Result();
        new (&done) Result<>{node_->poll_access(handle.value())};
    }
    if (done.is_ok() && access.kind == lease::Access::Kind::read) {
        check_read(held, data_);
    }
}

/// Malformed, oversized and unknown: each refused with its typed error, nothing changed.
void Scenario::do_nonsense() noexcept {
    Request request;
    request.caller.tenant.value = 9;
    switch (random_.below(6)) {
    case 0:
        request.operation = Operation::grant;
        request.resource = lease::resource_id_of(lease::ResourceKind::gpu, 0);
        request.amount_bytes = 1;
        request.ttl = 1_s;
        break;
    case 1:
        request.operation = Operation::grant;
        request.resource = lease::resource_id_of(lease::ResourceKind::memory, 0);
        request.amount_bytes = random_.chance(500) ? 0 : ~uint64_t{0};
        request.ttl = 1_s;
        break;
    case 2:
        request.operation = Operation::grant;
        request.resource = lease::resource_id_of(lease::ResourceKind::memory, 0);
        request.amount_bytes = 1;
        request.ttl = random_.chance(500) ? Duration{random_.below(100)} : Duration{300'001};
        break;
    case 3:
        request.operation = Operation::release;
        (void)entropy_.fill(request.lease.bytes).is_ok();
        break;
    case 4:
        request.operation = Operation::revoke;
        (void)entropy_.fill(request.lease_ref.bytes).is_ok();
        request.reason = lease::Reason::authority_request;
        break;
    default:
        request.operation = Operation::clear_fence;
        request.fence.value = random_.next();
        break;
    }
    start(request, none);
}

/// Ids of earlier boots: not one of them works.
void Scenario::do_old_id() noexcept {
    for (const Held& held : held_) {
        if (held.is_used && held.boot != boots_) {
            lease::Access access;
            access.kind = lease::Access::Kind::read;
            access.buffer = data_;
            const auto handle = node_->lessor().start_access(held.grant.lease, held.grant.epoch,
                                                             held.generation, access, node_->now());
            expect(!handle.is_ok(), "no id of an earlier boot works");
        }
    }
}

/// For a while the disk refuses to write some of the lent blocks: their teardown fails.
void Scenario::do_disk_fault() noexcept {
    is_refusing_ = !is_refusing_ && random_.chance(500);
    const lease::DiskLayout& layout = node_->log().layout();
    const uint64_t first = layout.data_first() + random_.below(layout.data_sectors());
    disk_.refuse_writes(first, is_refusing_ ? random_.between(1, 4'096) : 0);
}

void Scenario::do_clear_fence() noexcept {
    for (const lease::Resource* const resource : node_->lessor().resources()) {
        const lease::Extent run = resource->find_run(lease::UnitState::fenced, 0);
        if (run.unit_count > 0) {
            Request request;
            request.operation = Operation::clear_fence;
            request.caller.identity = bytes_of("operator");
            request.fence = resource->fence_of(run.first_unit);
            start(request, none);
            return;
        }
    }
}

} // namespace grafos::test
