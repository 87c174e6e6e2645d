// SPDX-License-Identifier: Apache-2.0
// How a request of a hostile peer is sent, again and again if need be, and what its answer means.
#include "tests/sim/hostile/make_request.hpp"

namespace grafos::test {
namespace {

constexpr Duration retry{150};
constexpr Duration retry_of_slow{600};
constexpr Duration silence{400};
constexpr Duration slack{6'000}; ///< a grant that nobody knows of lives no longer

[[nodiscard]] bool is_trim(Trick trick) noexcept {
    return trick == Trick::trim_beyond || trick == Trick::trim_wrong_hash;
}

} // namespace

uint64_t HostilePeer::floor_of(Who who) const noexcept {
    uint64_t floor = session(who).last_number() + 1;
    for (const Asked& asked : asked_) {
        const bool counts = asked.job != Job::none && asked.who == who && !asked.is_silent;
        floor = counts && asked.request < floor ? asked.request : floor;
    }
    return floor;
}

HostilePeer::Asked* HostilePeer::make(Who who, Job job, Trick trick, wire::MessageType type,
                                      size_t held) noexcept {
    HostileSession& of = session(who);
    if (!of.is_open() || of.last_number() + 2 >= floor_of(who) + of.window()) {
        return nullptr;
    }
    for (Asked& asked : asked_) {
        if (asked.job == Job::none) {
            asked = Asked{};
            asked.job = job;
            asked.who = who;
            asked.trick = trick;
            asked.held = held;
            asked.type = static_cast<uint16_t>(type);
            asked.request = of.take_number();
            if (held != none) {
                asked.end = held_[held].expires_at;
                asked.generation = generation_of(held_[held].tokens[0]).value;
            }
            return &asked;
        }
    }
    return nullptr;
}

void HostilePeer::seal(Asked& asked, SealedPacket& to) noexcept {
    const uint64_t floor = floor_of(asked.who);
    wire::MessageView message;
    message.type = asked.type;
    message.request = {asked.request};
    message.open = static_cast<uint16_t>(asked.request > floor ? asked.request - floor : 0);
    message.payload = Bytes{asked.payload}.first(asked.size);
    if (asked.trick == Trick::beyond_window && asked.is_silent) {
        message.open = session(asked.who).window();
    }
    if (asked.trick == Trick::endless_pieces) {
        message.flags = wire::message_flags::continued;
        message.fragment = wire::Fragment{0, 4'000};
    }
    std::array<uint8_t, wire::packet_body_bytes_max> body;
    wire::MessageWriter writer{body};
    const Result<> put = writer.put(message);
    GRAFOS_ASSERT(put.is_ok());
    if (asked.trick == Trick::reserved_bits) {
        body[asked.value == 0 ? 3 : 2] |= 0x80;
    }
    session(asked.who).seal(Bytes{body}.first(writer.size()), to);
}

void HostilePeer::send(Asked& asked, bool is_exact) noexcept {
    SealedPacket packet;
    seal(asked, packet);
    GRAFOS_ASSERT(asked.tries < asked.counters.size());
    asked.counters[asked.tries] = packet.counter;
    asked.tries += 1;
    const Instant world = world_now();
    const bool is_slow = is_trim(asked.trick) || asked.job == Job::tail; // it reads the disk
    const Duration wait = asked.is_silent ? silence : is_slow ? retry_of_slow : retry;
    asked.retry_at = saturating_add(world, wait);
    const bool is_counted =
        asked.job == Job::trick || asked.job == Job::burst || asked.job == Job::tail;
    if (asked.tries == 1 && is_counted) {
        judge_.note_sent(asked.trick);
    }
    if (asked.trick == Trick::packet_again && asked.tries == 1) {
        again_ = packet;
    }
    if (asked.trick == Trick::other_address) {
        hal::DatagramAddress other = session(asked.who).address();
        other.port += 1;
        world_.net().inject(other, session(asked.who).home().address, packet.view());
    } else if (is_exact) {
        session(asked.who).inject(packet);
    } else {
        session(asked.who).send(packet);
    }
}

/// What is not answered goes again; a session in which nothing is answered is over.
void HostilePeer::resend(Instant world) noexcept {
    for (Asked& asked : asked_) {
        if (asked.job == Job::none || asked.retry_at > world) {
            continue;
        }
        if (asked.job == Job::burst || asked.job == Job::tail) { // once, or not at all
            judge_.note_passed(asked.trick);
            asked.job = Job::none;
            continue;
        }
        if (asked.is_silent) {
            judge_.judge_silence(asked.trick, false, world);
            mark_check(asked.trick);
            asked.job = Job::none;
            continue;
        }
        if (options_.is_calm && is_flood(asked.trick) && asked.tries > 1) {
            judge_.succeeded(asked.trick, world);
        }
        if (asked.tries < asked.counters.size() - 4) {
            send(asked);
            continue;
        }
        const Who who = asked.who;
        for (Asked& other : asked_) {
            if (other.job != Job::none && other.who == who) {
                drop(other);
            }
        }
        HostileSession& lost = session(who);
        lost.open(lost.home(), lost.number(), world);
    }
}

/// Nobody will ever know what became of it.
void HostilePeer::drop(Asked& asked) noexcept {
    if (asked.job == Job::trick) {
        judge_.note_passed(asked.trick);
    }
    if (asked.type == static_cast<uint16_t>(wire::MessageType::lease_alloc)) {
        perhaps_until_ = saturating_add(clock().now(), slack);
    }
    if (asked.held != none && held_[asked.held].is_used) {
        Held& held = held_[asked.held];
        held.is_busy = held.is_busy && asked.job != Job::add;
        held.is_sum_known = held.is_sum_known && asked.job != Job::add;
        if (asked.job == Job::renew || asked.job == Job::free || asked.job == Job::revoke) {
            bury(held, Trick::use_long_after);
            perhaps_until_ = saturating_add(clock().now(), slack);
        }
    }
    asked.job = Job::none;
}

const HostilePeer::Heard* HostilePeer::find_heard(wire::SessionNumber session,
                                                  uint64_t counter) const noexcept {
    for (const Heard& heard : heard_) {
        if (heard.session == session && heard.counter == counter && counter != 0) {
            return &heard;
        }
    }
    return nullptr;
}

Instant HostilePeer::sent_at(wire::SessionNumber session, uint64_t counter) const noexcept {
    const Heard* const heard = find_heard(session, counter);
    return heard != nullptr ? heard->now : clocks_[home_].now();
}

/// A lease that is over; its newest token is kept.
void HostilePeer::bury(Held& held, Trick how) noexcept {
    Dead& place = dead_[next_dead_ % dead_.size()];
    next_dead_ += 1;
    place = {true, how, home_, session(held.who).home().boot, held.tokens[0]};
    held.is_used = false;
    const auto index = static_cast<size_t>(&held - held_.data());
    for (Asked& asked : asked_) {
        if (asked.job == Job::none || asked.held != index) {
            continue;
        }
        const bool is_own = asked.job != Job::trick && asked.job != Job::burst;
        asked.job = is_own ? Job::none : asked.job;
        asked.held = none;
        asked.is_orphan = true;
    }
}

size_t HostilePeer::live_for_certain(Instant at) const noexcept {
    size_t count = 0;
    for (const Held& held : held_) {
        const bool is_live =
            held.is_used && !held.is_ending && !held.is_doubtful && at < held.expires_at;
        count += is_live ? 1u : 0u;
    }
    return count;
}

size_t HostilePeer::live_perhaps() const noexcept {
    size_t count = clocks_[home_].now() < perhaps_until_ ? quota_leases : 0;
    for (const Held& held : held_) {
        count += held.is_used ? 1u : 0u;
    }
    for (const Asked& asked : asked_) {
        const bool is_grant = asked.type == static_cast<uint16_t>(wire::MessageType::lease_alloc);
        count += asked.job != Job::none && is_grant ? 1u : 0u;
    }
    return count;
}

// --- answers -------------------------------------------------------------------------------------

void HostilePeer::on_message(Who who, const wire::MessageView& message, uint64_t counter) noexcept {
    judge_.expect(message.is_reply(), "a node sent a request", world_now());
    for (Asked& asked : asked_) {
        const bool is_it = asked.job != Job::none && asked.who == who &&
                           asked.request == message.request.value && asked.type == message.type;
        if (!is_it) {
            continue;
        }
        if (asked.is_silent) {
            say(asked.trick, 1);
            judge_.judge_silence(asked.trick, true, world_now());
            asked.job = Job::none;
            return;
        }
        TrickAnswer answer;
        answer.is_ok = message.status == 0;
        if (!answer.is_ok) {
            const auto refusal = wire::decode<wire::Refusal>(message.payload);
            judge_.expect(refusal.is_ok(), "a refusal does not say why", world_now());
            if (refusal.is_ok()) {
                answer.error = wire::error_of(refusal.value());
            }
        }
        answer.not_after = sent_at(session(who).number(), counter);
        answer.not_before = asked.is_delivered ? asked.not_before : Instant{};
        answer.end = asked.end;
        on_answer(asked, message, answer, counter);
        return;
    }
}

void HostilePeer::on_answer(Asked& asked, const wire::MessageView& message, TrickAnswer& answer,
                            uint64_t counter) noexcept {
    const Heard* const heard = find_heard(session(asked.who).number(), counter);
    if (asked.held != none) {
        const Held& held = held_[asked.held];
        const uint32_t newest = generation_of(held.tokens[0]).value + (held.is_busy ? 1 : 0);
        answer.is_lease_live = held.is_used && !held.is_ending && !held.is_doubtful &&
                               answer.not_after < asked.end && newest < asked.generation + 2;
    }
    const bool is_token_over = asked.end != Instant{} && answer.not_after >= asked.end;
    answer.is_lease_live = answer.is_lease_live && !asked.is_orphan && !is_token_over;
    say(asked.trick, message.status);
    switch (asked.job) {
    case Job::none: return;
    case Job::trick: on_trick(asked, message, answer); break;
    case Job::cap:
        if (answer.is_ok) {
            const auto reply = wire::decode<wire::CapRequestReply>(message.payload);
            const Result<lease::Token> token =
                reply.is_ok() ? lease::token_of(reply.value().token) : reply.error();
            judge_.expect(token.is_ok(), "an alloc token is none", world_now());
            caps_[asked.value] = token.is_ok() ? token.value() : lease::Token{};
        }
        asked.job = Job::none;
        break;
    case Job::alloc: on_alloc(asked, message.payload, answer); break;
    case Job::renew: on_renew(asked, message.payload, answer); break;
    case Job::free:
    case Job::revoke: on_end(asked, answer.is_ok); break;
    case Job::add:
        if (asked.trick == Trick::refusal_again) {
            repeat_refused(asked, message.payload, answer);
        } else if (answer.is_ok) {
            on_add(asked, message.payload);
        } else {
            held_[asked.held].is_busy = false;
            asked.job = Job::none;
        }
        break;
    case Job::refresh: on_refresh(asked, message.payload, answer.is_ok); break;
    case Job::burst: on_burst(asked, answer, heard); break;
    case Job::tail: on_tail(asked, message.payload, answer.is_ok, heard); break;
    case Job::fences: on_fences(asked, message.payload, answer.is_ok); break;
    }
}

} // namespace grafos::test
