// SPDX-License-Identifier: Apache-2.0
/// Somebody with good keys who means harm.
///
/// Problem: programs of this project stop before their leases end, narrow no tokens, and ask for
/// nothing that is not theirs; so no run of them shows what a node does with whoever does not.
/// Idea: three principals that every machine trusts, with sealed sessions of their own. They lease
/// honestly, keep what they got, and then send what they must not: at drawn times, and at exact
/// moments of their home's clock, which is worked out from its turns.
/// Rule: each request knows what it deserves, in time too; an answer, or an effect, that differs is
/// the verdict. What is written by a trick carries a mark that no honest write has, so that an
/// effect without an answer is seen as well.
///
///     ann    no role, tenant 90, quotas; two sessions
///     bob    cap, revoke, clear, collect, observe, call; tenant 90, the same quotas
///     cas    no role, tenant 91
///
/// One home after the other: a visit opens sessions, leases, tricks, and gives back.
#pragma once

#include "tests/sim/hostile/home_clock.hpp"
#include "tests/sim/hostile/hostile_parts.hpp"
#include "tests/sim/hostile/stranger.hpp"
#include "tests/sim/hostile/trick_judge.hpp"
#include "tests/sim/run/judge.hpp"
#include "tests/sim/world/sim_fabric.hpp"

namespace grafos::test {

class HostilePeer final : public HostileParts,
                          public SimParticipant,
                          public SimObserver,
                          public SimJudge {
public:
    struct Options {
        uint64_t seed = 1;
        uint32_t permille = 1'000; ///< of the chances to act that are taken
        bool is_calm = false;      ///< nobody else does harm: nothing is lost, nobody restarts
        // For tests: what the homes are told beside, as if they were wrong.
        wire::Roles roles_of_ann{};
        bool has_quota = true;
        bool has_tenant = true; ///< cas
    };

    /// Takes its place in the world. Context: before the world boots.
    HostilePeer(SimFabric& world, const Options& options) noexcept;
    HostilePeer(const HostilePeer&) = delete;
    HostilePeer& operator=(const HostilePeer&) = delete;

    /// Context: the machines have booted.
    void begin() noexcept;
    /// Tries nothing more, and gives back what it has.
    void stop() noexcept { is_active_ = false; }
    /// As far as it knows, no home has a lease of its own any more.
    [[nodiscard]] bool is_gone() const noexcept;

    [[nodiscard]] const TrickJudge& tricks() const noexcept { return judge_; }
    [[nodiscard]] const Verdict& verdict() const noexcept override { return judge_.verdict(); }
    [[nodiscard]] uint64_t checks() const noexcept override { return judge_.checks(); }
    void finish(Instant world) noexcept override { static_cast<void>(world); }
    [[nodiscard]] uint64_t leases() const noexcept { return leases_; }

    void turn(Instant world) noexcept override;
    [[nodiscard]] Instant next_turn() const noexcept override;
    void on_event(const SimEvent& event) noexcept override;

private:
    // --- hostile_peer.cpp: its turn
    void hear(Instant world) noexcept;
    void note_delivered(const Datagram& datagram) noexcept;
    void note_sent(const Datagram& datagram) noexcept;
    void note_granted(const ProgramEvent& event) noexcept;
    void leave_if_lost() noexcept;
    void fire_timed(Instant world) noexcept;
    void act(Instant world) noexcept;
    void visit(Instant world) noexcept;
    void leave(Instant world) noexcept;
    [[nodiscard]] bool prepare(Instant world) noexcept;
    void mark_check(Trick trick) noexcept;
    void say(Trick trick, uint64_t outcome) noexcept;

    // --- requests.cpp: asking and hearing
    [[nodiscard]] Asked* make(Who who, Job job, Trick trick, wire::MessageType type,
                              size_t held) noexcept;
    template <typename Request>
    [[nodiscard]] Asked* make(Who who, Job job, Trick trick, wire::MessageType type, size_t held,
                              const Request& request) noexcept;
    void send(Asked& asked, bool is_exact = false) noexcept;
    void seal(Asked& asked, SealedPacket& to) noexcept;
    void resend(Instant world) noexcept;
    void drop(Asked& asked) noexcept;
    void on_message(Who who, const wire::MessageView& message, uint64_t counter) noexcept;
    void on_answer(Asked& asked, const wire::MessageView& message, TrickAnswer& answer,
                   uint64_t counter) noexcept;
    void on_alloc(Asked& asked, Bytes payload, const TrickAnswer& answer) noexcept;
    void on_renew(Asked& asked, Bytes payload, const TrickAnswer& answer) noexcept;
    void on_end(Asked& asked, bool is_ok) noexcept;
    void on_add(Asked& asked, Bytes payload) noexcept;
    void adopt(Who who, const wire::LeaseAllocRequest& request, const wire::LeaseAllocReply& reply,
               const lease::Token& token, const TrickAnswer& answer, bool is_new) noexcept;
    void repeat_add(Asked& asked, Bytes payload) noexcept;
    void repeat_refused(Asked& asked, Bytes payload, const TrickAnswer& answer) noexcept;
    [[nodiscard]] bool ask_refused(size_t held) noexcept;
    [[nodiscard]] bool clear_older() noexcept;
    void on_trick(Asked& asked, const wire::MessageView& message, TrickAnswer& answer) noexcept;
    [[nodiscard]] bool is_as_before(const Asked& asked, const wire::MessageView& message) noexcept;
    void on_granted(Asked& asked, Bytes payload, const TrickAnswer& answer) noexcept;
    void on_fences(Asked& asked, Bytes payload, bool is_ok) noexcept;
    [[nodiscard]] Instant sent_at(wire::SessionNumber session, uint64_t counter) const noexcept;
    [[nodiscard]] uint64_t floor_of(Who who) const noexcept;
    void bury(Held& held, Trick how) noexcept;
    [[nodiscard]] size_t live_for_certain(Instant at) const noexcept;
    [[nodiscard]] size_t live_perhaps() const noexcept;

    // --- honest.cpp: what it may
    void ask_cap(size_t index) noexcept;
    [[nodiscard]] Asked* ask_alloc(Who who, Job job, Trick trick, const AllocKey& key,
                                   uint64_t bytes) noexcept;
    [[nodiscard]] bool ask_renew(size_t held, Trick trick) noexcept;
    void ask_end(size_t held, bool revokes) noexcept;
    [[nodiscard]] bool ask_add(size_t held, Trick trick) noexcept;
    void look_after(size_t held) noexcept;
    void plan_end(size_t held) noexcept;
    void plan(Trick trick, size_t held, Instant at, Duration shorter) noexcept;
    void fire(const Timed& timed) noexcept;
    [[nodiscard]] size_t pick_held() noexcept;

    // --- tricks_*.cpp: each false if there is nothing to do it with
    [[nodiscard]] bool attempt(Trick trick) noexcept;
    [[nodiscard]] bool attempt_ended(Trick trick) noexcept;
    [[nodiscard]] bool attempt_generation(Trick trick, size_t held) noexcept;
    [[nodiscard]] bool attempt_token(Trick trick, size_t held) noexcept;
    [[nodiscard]] bool attempt_caveat(Trick trick, size_t held) noexcept;
    [[nodiscard]] bool attempt_session(Trick trick, size_t held) noexcept;
    [[nodiscard]] bool attempt_old_session(Trick trick) noexcept;
    [[nodiscard]] bool attempt_key(Trick trick, size_t held) noexcept;
    [[nodiscard]] bool attempt_quota(Trick trick) noexcept;
    [[nodiscard]] bool attempt_role(Trick trick, size_t held) noexcept;
    [[nodiscard]] bool call_malformed() noexcept;
    [[nodiscard]] bool attempt_operator(Trick trick) noexcept;
    [[nodiscard]] bool attempt_name(Trick trick, size_t held) noexcept;
    [[nodiscard]] bool attempt_bounds(Trick trick, size_t held) noexcept;
    [[nodiscard]] bool attempt_ttl(Trick trick) noexcept;
    [[nodiscard]] bool attempt_flood(Trick trick, size_t held) noexcept;
    void flood(Trick trick, HostileSession& in, const Held& of) noexcept;
    void keep_packet(size_t held) noexcept;
    [[nodiscard]] Old& place_for_old() noexcept;
    [[nodiscard]] bool ask_below(size_t held) noexcept;
    [[nodiscard]] bool write_mark(Trick trick, Who who, size_t held, const lease::Token& token,
                                  uint64_t offset = mark_offset, bool is_silent = false) noexcept;
    [[nodiscard]] bool read(Trick trick, Who who, size_t held, const lease::Token& token,
                            uint64_t offset, uint32_t length) noexcept;
    [[nodiscard]] bool finish(Asked* asked) noexcept;

    [[nodiscard]] HostileSession& session(Who who) noexcept {
        return *sessions_[static_cast<size_t>(who)];
    }
    [[nodiscard]] const HostileSession& session(Who who) const noexcept {
        return *sessions_[static_cast<size_t>(who)];
    }
    [[nodiscard]] HomeClock& clock() noexcept { return clocks_[home_]; }
    [[nodiscard]] Instant world_now() const noexcept { return world_.now(); }

    SimFabric& world_;
    Options options_;
    SeededChoice choice_;
    crypto::Drbg drbg_{};
    std::array<crypto::Identity, 3> identities_{};
    std::array<std::optional<HostileSession>, who_count> sessions_{};
    std::array<HomeClock, machines_max> clocks_{};
    TrickJudge judge_{};
    Stranger stranger_;

    bool is_active_ = false;
    bool is_visiting_ = false;
    size_t home_ = 0;
    Instant visit_ends_{};
    Instant act_at_ = Instant::never();
    std::array<Asked, 40> asked_{};
    std::array<Held, held_max> held_{};
    std::array<Dead, 8> dead_{};
    std::array<Timed, 16> timed_{};
    std::array<Old, 8> old_{};
    std::array<lease::Token, 2> caps_{};
    std::array<uint64_t, 8> fences_{}; ///< that were seen
    size_t fence_count_ = 0;
    size_t next_trick_ = 0;
    size_t next_dead_ = 0;
    size_t next_old_ = 0;
    uint64_t lease_number_ = 0;
    uint64_t leases_ = 0;
    uint64_t mark_ = 0;
    size_t wanted_ = 2;       ///< leases of ann in this visit
    SealedPacket again_{};    ///< carried the addition that is under way
    Instant perhaps_until_{}; ///< of the home: a grant whose answer never came may live so long
    [[nodiscard]] const Heard* find_heard(wire::SessionNumber session,
                                          uint64_t counter) const noexcept;
    void note_turn_end() noexcept;
    void on_burst(Asked& asked, const TrickAnswer& answer, const Heard* heard) noexcept;
    void on_tail(Asked& asked, Bytes payload, bool is_ok, const Heard* heard) noexcept;
    void on_refresh(Asked& asked, Bytes payload, bool is_ok) noexcept;
    [[nodiscard]] bool attempt_burst(Trick trick, size_t held) noexcept;
    [[nodiscard]] bool read_tail() noexcept;
    std::array<Heard, 64> heard_{};
    size_t next_heard_ = 0;
    size_t turn_heard_ = 0; ///< the first of its home's present turn
    uint64_t anchored_ = 0; ///< by its home's word
    uint64_t granted_ = 0;  ///< the record of its latest grant, which is no fence
    uint64_t burst_turn_ = 0;
    size_t burst_count_ = 0;     ///< of one burst, answered in that turn
    std::array<Seen, 8> seen_{}; ///< leases of others
    size_t next_seen_ = 0;
};

} // namespace grafos::test
