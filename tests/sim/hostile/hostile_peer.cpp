// SPDX-License-Identifier: Apache-2.0
// Its turns and its visits; what it hears is in requests.cpp, what it does in the others.
#include "tests/sim/hostile/hostile_peer.hpp"

namespace grafos::test {
namespace {

constexpr uint32_t first_host = 0x0A000178;
constexpr uint16_t port_number = 50'000;
constexpr uint32_t host_count = HostilePeer::who_count + Stranger::address_count;
static_assert(first_host + HostilePeer::who_count == Stranger::first_address);

constexpr Duration gap_least{10};
constexpr Duration gap_most{60};
constexpr Duration visit_least{6'000};
constexpr Duration visit_most{14'000};

[[nodiscard]] wire::Principal guest_of(const crypto::Identity& identity, std::string_view name,
                                       wire::Roles roles, TenantId tenant) noexcept {
    wire::Principal guest;
    guest.exchange_key = identity.exchange_key();
    guest.roles = roles;
    guest.has_tenant = true;
    guest.tenant = tenant;
    guest.quota_bytes = HostilePeer::quota_bytes;
    guest.quota_leases = HostilePeer::quota_leases;
    guest.ttl_max = roles.has(wire::Role::cap) ? HostilePeer::ttl_most : HostilePeer::ttl_allowed;
    for (const char letter : name) {
        guest.name[guest.name_size] = letter;
        guest.name_size += 1;
    }
    return guest;
}

[[nodiscard]] uint64_t word_at(const Datagram& datagram, size_t at) noexcept {
    return load_big_endian<uint64_t>(datagram.bytes.data() + at);
}

[[nodiscard]] bool is_in_session(const Datagram& datagram) noexcept {
    const uint8_t kind = datagram.size >= wire::packet_header_bytes ? datagram.bytes[3] : 0;
    return kind == static_cast<uint8_t>(wire::PacketKind::sealed) ||
           kind == static_cast<uint8_t>(wire::PacketKind::plain);
}

} // namespace

HostilePeer::HostilePeer(SimFabric& world, const Options& options) noexcept
    : world_{world},
      options_{options},
      choice_{options.seed ^ 0x686f7374696c65ull},
      stranger_{world.net(), judge_, options.seed ^ 0x73747261ull} {
    std::array<uint8_t, 8> seed;
    store_big_endian<uint64_t>(seed.data(), choice_.next());
    drbg_.seed(seed);
    for (crypto::Identity& identity : identities_) {
        crypto::IdentitySecrets secrets = crypto::draw_identity_secrets(drbg_);
        identity.start(secrets);
        crypto::erase_secrets(secrets);
    }
    constexpr wire::Roles of_bob = wire::Roles{} | wire::Role::cap | wire::Role::revoke |
                                   wire::Role::fence_clear | wire::Role::collect |
                                   wire::Role::observe | wire::Role::call;
    std::array<wire::Principal, 3> guests{
        guest_of(identities_[0], "ann", options.roles_of_ann, tenant),
        guest_of(identities_[1], "bob", of_bob, tenant),
        guest_of(identities_[2], "cas", {}, other_tenant),
    };
    guests[2].has_tenant = options.has_tenant;
    for (wire::Principal& guest : guests) {
        guest.quota_leases = options.has_quota ? guest.quota_leases : 0;
        guest.quota_bytes = options.has_quota ? guest.quota_bytes : 0;
        world.add_guest(guest);
    }
    for (uint32_t i = 0; i < who_count; ++i) {
        const size_t identity = i == static_cast<uint32_t>(Who::ann_again) ? 0 : i;
        sessions_[i].emplace(world.net(), hal::DatagramAddress{first_host + i, port_number},
                             identities_[identity], drbg_);
    }
    mark_ = choice_.next() | 0xfeed'0000'0000'0001ull;
    world.add_participant(*this);
    world.observers().add(*this);
}

void HostilePeer::begin() noexcept {
    is_active_ = true;
    act_at_ = world_now();
}

bool HostilePeer::is_gone() const noexcept {
    return !is_active_ && !is_visiting_;
}

// --- what happens around it
// ------------------------------------------------------------------------

void HostilePeer::on_event(const SimEvent& event) noexcept {
    using What = SimEvent::What;
    const bool is_known = event.machine < clocks_.size();
    if (event.what == What::sent) {
        note_sent(*event.datagram);
    } else if (event.what == What::program) {
        note_granted(*event.program);
    } else if (event.what == What::delivered) {
        if (is_known) {
            note_delivered(*event.datagram);
        }
    } else if (is_known && event.what == What::power_on) {
        clocks_[event.machine].power_on(event.number);
    } else if (is_known && (event.what == What::power_off || event.what == What::crash)) {
        clocks_[event.machine].power_off();
    } else if (is_known && event.what == What::turn_began) {
        clocks_[event.machine].turn(Instant{event.number});
    } else if (event.what == What::anchored && event.machine == home_) {
        anchored_ = event.number;
    } else if (event.what == What::turn_ended && event.machine == home_) {
        note_turn_end();
    }
}

/// References are no secret.
void HostilePeer::note_granted(const ProgramEvent& event) noexcept {
    if (event.what == ProgramEvent::What::granted) {
        seen_[next_seen_ % seen_.size()] = {true, event.home, event.ref};
        next_seen_ += 1;
    }
}

void HostilePeer::note_turn_end() noexcept {
    for (; turn_heard_ != next_heard_; ++turn_heard_) {
        heard_[turn_heard_ % heard_.size()].anchored = anchored_;
    }
}

void HostilePeer::note_delivered(const Datagram& datagram) noexcept {
    const uint32_t index = datagram.from.ipv4 - first_host;
    if (index >= who_count || !is_in_session(datagram)) {
        return;
    }
    const auto who = static_cast<Who>(index);
    if (word_at(datagram, 8) != session(who).number().value) {
        return;
    }
    const uint64_t counter = word_at(datagram, 16);
    for (Asked& asked : asked_) {
        const bool is_open = asked.job != Job::none && asked.who == who && !asked.is_delivered;
        for (size_t i = 0; is_open && i < asked.tries; ++i) {
            if (asked.counters[i] == counter) {
                asked.is_delivered = true;
                asked.not_before = clock().now();
                break;
            }
        }
    }
}

void HostilePeer::note_sent(const Datagram& datagram) noexcept {
    const uint32_t index = datagram.to.ipv4 - first_host;
    if (index >= host_count) {
        stranger_.overhear(datagram);
        return;
    }
    stranger_.note_sent(datagram, world_now());
    if (index >= who_count || !is_in_session(datagram)) {
        return;
    }
    const wire::SessionNumber session{word_at(datagram, 8)};
    for (const Old& old : old_) {
        if (old.is_used && old.is_sent && old.session == session) {
            const bool is_of_boot = old.boot == clocks_[old.home].boot();
            judge_.judge_silence(is_of_boot ? Trick::old_session : Trick::session_of_other_boot,
                                 true, world_now());
        }
    }
    heard_[next_heard_ % heard_.size()] = {session, word_at(datagram, 16), clock().now(),
                                           clock().turns(), 0};
    next_heard_ += 1;
}

/// The trace says what was judged.
void HostilePeer::say(Trick trick, uint64_t outcome) noexcept {
    world_.observers().say({.what = SimEvent::What::trick,
                            .machine = static_cast<uint32_t>(home_),
                            .code = static_cast<uint8_t>(trick),
                            .number = outcome});
}

/// What a trick writes is nowhere in the memory of its home.
void HostilePeer::mark_check(Trick trick) noexcept {
    const Bytes memory = world_.machine(home_).memory();
    bool is_there = false;
    for (size_t at = 0; at + 8 <= memory.size(); at += 8) {
        is_there = is_there || load_big_endian<uint64_t>(memory.data() + at) == mark_;
    }
    if (is_there) {
        judge_.succeeded(trick, world_now());
    }
}

// --- its turn ------------------------------------------------------------------------------------

Instant HostilePeer::next_turn() const noexcept {
    if (!is_active_ && !is_visiting_) {
        return world_.net().next_arrival(first_host, host_count);
    }
    Instant next = earlier_of(act_at_, stranger_.next_turn());
    next = earlier_of(next, world_.net().next_arrival(first_host, host_count));
    for (const std::optional<HostileSession>& session : sessions_) {
        next = earlier_of(next, session->next_turn());
    }
    for (const Timed& timed : timed_) {
        next = timed.is_used ? earlier_of(next, timed.due) : next;
    }
    for (const Asked& asked : asked_) {
        next = asked.job != Job::none ? earlier_of(next, asked.retry_at) : next;
    }
    return next;
}

void HostilePeer::turn(Instant world) noexcept {
    if (world_.net().next_arrival(first_host, host_count) <= world) {
        hear(world);
    }
    stranger_.turn(world);
    leave_if_lost();
    for (std::optional<HostileSession>& session : sessions_) {
        session->tick(world);
    }
    fire_timed(world);
    resend(world);
    if (world >= act_at_) {
        act(world);
    }
}

void HostilePeer::hear(Instant world) noexcept {
    static_cast<void>(world);
    std::array<uint8_t, hal::datagram_bytes_max> buffer;
    for (size_t i = 0; i < who_count; ++i) {
        HostileSession& session = *sessions_[i];
        for (;;) { // SimulatedNet bounds how many are on their way
            const Result<hal::ReceivedDatagram> received =
                world_.net().receive(session.address(), buffer);
            if (!received.is_ok()) {
                break;
            }
            Bytes messages;
            uint64_t counter = 0;
            if (!session.take(MutableBytes{buffer}.first(received.value().size), messages,
                              counter)) {
                continue;
            }
            while (!messages.empty()) {
                const Result<wire::MessageView> message = wire::take_message(messages);
                if (!message.is_ok()) {
                    judge_.expect(false, "a node sent what is no message", world_now());
                    break;
                }
                on_message(static_cast<Who>(i), message.value(), counter);
            }
        }
    }
    stranger_.hear();
}

/// A home that lost power knows no session and no lease of before; what is left are tokens.
void HostilePeer::leave_if_lost() noexcept {
    if (!is_visiting_) {
        return;
    }
    bool is_lost = !clock().is_on();
    for (const std::optional<HostileSession>& session : sessions_) {
        is_lost = is_lost || (!session->is_closed() && session->home().boot != clock().boot());
    }
    if (is_lost) {
        leave(world_now());
    }
}

void HostilePeer::fire_timed(Instant world) noexcept {
    for (Timed& timed : timed_) {
        if (!timed.is_used || timed.due > world) {
            continue;
        }
        const SimClock& of_home = world_.machine(home_).setup().clock;
        const Instant home_now = clock().now_after(of_home.local_of(world));
        const Instant due = clock().world_of(timed.at, of_home);
        if (home_now < timed.at && due > world) { // the clock was set back, or stood still
            timed.due = due;
            continue;
        }
        timed.is_used = false;
        fire(timed);
    }
}

void HostilePeer::act(Instant world) noexcept {
    act_at_ = saturating_add(world, Duration{choice_.between(gap_least.ms, gap_most.ms)});
    if (!is_visiting_) {
        visit(world);
        return;
    }
    if (!is_active_ || world >= visit_ends_) {
        bool is_any_left = false;
        for (size_t i = 0; i < held_.size(); ++i) {
            if (held_[i].is_used && !held_[i].is_ending && session(held_[i].who).is_open()) {
                ask_end(i, false);
            }
            is_any_left = is_any_left || held_[i].is_used;
        }
        const Instant too_late = saturating_add(visit_ends_, visit_most);
        if (!is_any_left || world >= too_late) {
            leave(world);
        }
        return;
    }
    if (!prepare(world) || !choice_.chance(options_.permille)) {
        return;
    }
    for (size_t i = 0; i < trick_count; ++i) { // the next one that can be tried now
        next_trick_ = (next_trick_ + 1) % trick_count;
        if (attempt(trick_at(next_trick_))) {
            return;
        }
    }
}

void HostilePeer::visit(Instant world) noexcept {
    if (!is_active_) {
        act_at_ = Instant::never();
        return;
    }
    home_ = static_cast<size_t>(choice_.below(world_.machines().size()));
    SimMachine& machine = world_.machine(home_);
    if (!machine.is_on() || machine.node().readiness() != node::Readiness::ready) {
        return;
    }
    const HostileSession::Home home{machine.node().identity().exchange_key(),
                                    machine.setup().address, machine.boots()};
    for (std::optional<HostileSession>& session : sessions_) {
        session->open(home, session->number(), world);
    }
    is_visiting_ = true;
    anchored_ = machine.node().anchored_end().value;
    granted_ = 0;
    wanted_ = choice_.chance(400) ? quota_leases : 2;
    caps_ = {};
    visit_ends_ = saturating_add(world, Duration{choice_.between(visit_least.ms, visit_most.ms)});
}

/// What it holds is forgotten: tokens are kept, to be shown where they are good for nothing.
void HostilePeer::leave(Instant world) noexcept {
    static_cast<void>(world);
    const bool is_same_boot = clock().is_on() && session(Who::ann).home().boot == clock().boot();
    for (Held& held : held_) {
        if (held.is_used) {
            bury(held, is_same_boot ? Trick::use_long_after : Trick::use_of_other_boot);
        }
    }
    for (Asked& asked : asked_) {
        asked.job = Job::none;
    }
    for (Timed& timed : timed_) {
        timed.is_used = false;
    }
    for (std::optional<HostileSession>& session : sessions_) {
        session->close();
    }
    is_visiting_ = false;
    perhaps_until_ = {};
}

} // namespace grafos::test
