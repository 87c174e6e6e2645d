// SPDX-License-Identifier: Apache-2.0
/// A node behind a channel, for tests of the holder's side: it decodes and executes what it is
/// asked, on a clock of its own, keeps its own account, and loses or delays what the test says.
#pragma once

#include "core/fabric/channel.hpp"
#include "core/lease/lessor/lessor.hpp"
#include "core/lease/token/token.hpp"
#include "core/wire/message_table.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {

struct FakeLease {
    LeaseId id{};
    LeaseRef ref{};
    AllocKey key{};
    lease::ResourceKind kind{};
    uint64_t size = 0;
    Duration ttl{};
    Instant expires_at{}; ///< on the node's clock
    Generation generation{};
    std::optional<Error> end{};
};

class FakeNode final : public fabric::Channel {
public:
    static constexpr uint32_t leases_max = 1'100;
    static constexpr size_t window = 32;
    static constexpr size_t memory_bytes = 8'192; ///< of the lease granted first

    // The script.
    bool is_reachable = true;             ///< the session opens
    bool is_deaf = false;                 ///< requests are lost
    bool is_mute = false;                 ///< requests are executed, answers are lost
    uint32_t lost_grants = 0;             ///< so many LEASE_ALLOC are executed unanswered
    Duration delay{};                     ///< of each answer
    bool is_warned = false;               ///< in every answer
    bool reads_short = false;             ///< MEM_READ answers one byte less
    bool answers_rubbish = false;         ///< payloads of one byte
    std::optional<Error> refuse_all{};    ///< every request
    std::optional<Error> refuse_grants{}; ///< LEASE_ALLOC
    std::optional<Error> refuse_renewals{};
    std::optional<Error> refuse_data{};
    lease::ResourceKind attach_kind = lease::ResourceKind::memory;
    BootNumber boot{7};
    Duration turn_max{5};
    uint16_t told_window = window; ///< in its accept
    uint32_t loss_permille = 0;    ///< of requests and of answers, each
    SeededChoice choice{1};

    // The account.
    uint32_t connects = 0;
    uint32_t grants = 0;
    uint32_t frees = 0;
    uint32_t renewals = 0;
    Instant last_use = {}; ///< of data, on the node's clock
    uint32_t uses = 0;
    uint32_t calls = 0;
    uint32_t lease_count = 0;
    std::array<FakeLease, leases_max> leases{};
    std::array<uint8_t, memory_bytes> memory{};
    lease::LockRequest last_lock{};
    lease::LockGeneration last_commit{};
    size_t last_commit_extents = 0;

    [[nodiscard]] uint32_t count(wire::MessageType type) const noexcept {
        return counts_[index_of(type)];
    }
    [[nodiscard]] uint32_t live_count() const noexcept {
        uint32_t count = 0;
        for (uint32_t i = 0; i < lease_count; ++i) {
            count += is_live(leases[i]) ? 1u : 0u;
        }
        return count;
    }

    /// Time goes on: on the holder's clock and on the node's. Executes what has arrived.
    void serve(Instant holder, Instant node) noexcept {
        holder_now_ = holder;
        node_now_ = node;
        is_open_ = is_open_ && is_reachable;
        for (Slot& slot : slots_) {
            if (slot.state == State::queued && is_open_ && !is_deaf && !is_lost()) {
                slot.first_sent = holder;
                execute(slot);
            } else if (slot.state == State::queued && is_open_) {
                slot.was_sent = true;
            }
            const bool is_over = slot.state != State::free && slot.state != State::answered;
            if (is_over && holder >= slot.deadline) {
                answer(slot,
                       Error{ErrorCode::disconnected, Field::session, slot.was_sent ? 1u : 0u, 0});
            }
        }
    }
    /// Off and on again: no lease is left, and the session is a new one.
    void restart() noexcept {
        boot.value += 1;
        lease_count = 0;
        for (Slot& slot : slots_) {
            if (slot.state != State::free && slot.state != State::answered) {
                answer(slot, Error{ErrorCode::disconnected, Field::session, 1, 0});
            }
        }
    }
    void end_lease(uint32_t index, ErrorCode code) noexcept {
        leases[index].end = Error{code, Field::lease};
    }

    // Channel
    void connect(Instant) noexcept override {
        connects += 1;
        is_open_ = is_reachable;
        boot_seen_ = is_open_ ? boot : boot_seen_;
    }
    [[nodiscard]] fabric::ChannelState state() const noexcept override {
        fabric::ChannelState state;
        state.is_open = is_open_ && is_reachable;
        state.boot = state.is_open ? boot : boot_seen_;
        state.turn_max = turn_max;
        state.window = boot_seen_.value == 0 ? uint16_t{0} : told_window;
        return state;
    }
    [[nodiscard]] Result<wire::RequestHandle> start(wire::MessageType type, Bytes payload,
                                                    Duration patience,
                                                    Instant now) noexcept override {
        for (size_t i = 0; i < window; ++i) {
            Slot& slot = slots_[i];
            if (slot.state == State::free) {
                slot = Slot{};
                slot.state = State::queued;
                slot.type = type;
                slot.number = next_number_++;
                slot.size = payload.size();
                slot.deadline = saturating_add(now, patience);
                copy_bytes(slot.bytes, payload);
                counts_[index_of(type)] += 1;
                return wire::RequestHandle{static_cast<uint16_t>(i), slot.number};
            }
        }
        return Error{ErrorCode::busy, Field::slot, window};
    }
    [[nodiscard]] Result<wire::ReplyView> poll(wire::RequestHandle request) noexcept override {
        if (request.number == 0 || slots_[request.slot].number != request.number) {
            return Error{ErrorCode::not_found, Field::ticket};
        }
        const Slot& slot = slots_[request.slot];
        if (slot.state != State::answered || holder_now_ < slot.answer_at) {
            return Error{ErrorCode::busy, Field::ticket};
        }
        if (slot.error.has_value()) {
            return *slot.error;
        }
        return wire::ReplyView{is_warned, slot.first_sent, Bytes{slot.bytes}.first(slot.size)};
    }
    void release(wire::RequestHandle request) noexcept override {
        if (request.number != 0 && slots_[request.slot].number == request.number) {
            slots_[request.slot] = Slot{};
        }
    }
    [[nodiscard]] uint32_t open_count() const noexcept {
        uint32_t count = 0;
        for (const Slot& slot : slots_) {
            count += slot.state != State::free ? 1u : 0u;
        }
        return count;
    }

private:
    enum class State : uint8_t { free, queued, executed, answered };
    struct Slot {
        State state = State::free;
        bool was_sent = false;
        wire::MessageType type{};
        uint64_t number = 0;
        size_t size = 0;
        Instant deadline{};
        Instant first_sent{};
        Instant answer_at{};
        std::optional<Error> error{};
        std::array<uint8_t, 1344> bytes{};
    };

    [[nodiscard]] static size_t index_of(wire::MessageType type) noexcept {
        const wire::MessageEntry* const entry = wire::find_message(static_cast<uint16_t>(type));
        EXPECT_TRUE(entry != nullptr);
        return static_cast<size_t>(entry - wire::message_table().data());
    }
    [[nodiscard]] bool is_lost() noexcept {
        return loss_permille > 0 && choice.chance(loss_permille);
    }
    [[nodiscard]] bool is_live(const FakeLease& lease) const noexcept {
        return !lease.end.has_value() && node_now_ < lease.expires_at;
    }
    void answer(Slot& slot, const Error& error) noexcept {
        slot.state = State::answered;
        slot.answer_at = saturating_add(holder_now_, delay);
        slot.error = error;
    }
    template <typename Reply>
    void answer_with(Slot& slot, const Reply& reply) noexcept {
        const Result<size_t> size = wire::encode(reply, slot.bytes);
        ASSERT_TRUE(size.is_ok()) << "field " << static_cast<int>(size.error().field);
        slot.size = answers_rubbish ? 1 : size.value();
        slot.state = State::answered;
        slot.answer_at = saturating_add(holder_now_, delay);
        slot.error.reset();
    }
    template <typename Request>
    [[nodiscard]] Request request_of(const Slot& slot) noexcept {
        Result<Request> request = wire::decode<Request>(Bytes{slot.bytes}.first(slot.size));
        EXPECT_TRUE(request.is_ok());
        return request.is_ok() ? request.value() : Request{};
    }

    [[nodiscard]] static lease::Token token_for(const FakeLease& lease) noexcept {
        lease::Token token;
        token.size = lease::token_bytes_min;
        token.bytes[0] = lease::token_version;
        token.bytes[1] = static_cast<uint8_t>(lease::TokenKind::lease);
        copy_bytes(MutableBytes{token.bytes}.subspan(24), lease.ref.view());
        store_big_endian<uint32_t>(token.bytes.data() + 40, lease.generation.value);
        return token;
    }
    [[nodiscard]] FakeLease* lease_of(Bytes token) noexcept {
        for (uint32_t i = 0; i < lease_count; ++i) {
            if (is_equal(leases[i].ref.view(), token.subspan(24, 16))) {
                return &leases[i];
            }
        }
        return nullptr;
    }
    [[nodiscard]] FakeLease* lease_of(const LeaseId& id) noexcept {
        for (uint32_t i = 0; i < lease_count; ++i) {
            if (leases[i].id == id) {
                return &leases[i];
            }
        }
        return nullptr;
    }
    /// Null: answered already.
    [[nodiscard]] FakeLease* live_lease(Slot& slot, FakeLease* lease) noexcept {
        if (lease == nullptr) {
            answer(slot, Error{ErrorCode::not_found, Field::lease});
            return nullptr;
        }
        if (lease->end.has_value() || node_now_ >= lease->expires_at) {
            answer(slot, lease->end.has_value() ? *lease->end
                                                : Error{ErrorCode::lease_expired, Field::ttl});
            return nullptr;
        }
        return lease;
    }

    void execute(Slot& slot) noexcept {
        slot.was_sent = true;
        if (refuse_all.has_value()) {
            answer(slot, *refuse_all);
        } else {
            execute_checked(slot);
        }
        const bool loses_grant = lost_grants > 0 && slot.type == wire::MessageType::lease_alloc;
        lost_grants -= loses_grant ? 1u : 0u;
        if (is_mute || loses_grant || is_lost()) {
            slot.state = State::executed;
            slot.size = 0;
            slot.error.reset();
        }
    }
    void execute_checked(Slot& slot) noexcept {
        switch (slot.type) {
        case wire::MessageType::cap_request: {
            FakeLease nobody;
            const lease::Token token = token_for(nobody);
            answer_with(slot, wire::CapRequestReply{Duration{30'000}, token.view()});
            return;
        }
        case wire::MessageType::lease_alloc: grant(slot); return;
        case wire::MessageType::lease_renew: renew(slot); return;
        case wire::MessageType::lease_attach: attach(slot); return;
        case wire::MessageType::lease_free: free_lease(slot); return;
        case wire::MessageType::lease_checkpoint:
            answer_with(slot, wire::LeaseCheckpointReply{leases[0].ref});
            return;
        case wire::MessageType::lease_revoke:
            answer_with(slot, wire::LeaseRevokeReply{revoke_outcome, Duration{9}, {5}});
            return;
        case wire::MessageType::fence_clear: answer_with(slot, wire::FenceClearReply{{11}}); return;
        case wire::MessageType::mem_read:
        case wire::MessageType::mem_write:
        case wire::MessageType::block_read:
        case wire::MessageType::block_write:
        case wire::MessageType::block_flush:
        case wire::MessageType::mem_compare_exchange:
        case wire::MessageType::mem_fetch_add:
        case wire::MessageType::mem_lock:
        case wire::MessageType::mem_commit: access(slot); return;
        case wire::MessageType::program_call: call_program(slot); return;
        case wire::MessageType::ping:
        case wire::MessageType::get_identity:
        case wire::MessageType::get_inventory:
        case wire::MessageType::get_readiness:
        case wire::MessageType::time_sync:
        case wire::MessageType::get_counters:
        case wire::MessageType::token_refresh:
        case wire::MessageType::lease_query:
        case wire::MessageType::lease_list_active:
        case wire::MessageType::fence_list:
        case wire::MessageType::audit_head:
        case wire::MessageType::audit_read:
        case wire::MessageType::audit_trim: ADD_FAILURE() << "nobody asks this"; return;
        }
    }
    /// What was said, in upper case if it is letters; the program has everybody below 10.
    void call_program(Slot& slot) noexcept {
        const auto request = request_of<wire::ProgramCallRequest>(slot);
        calls += 1;
        if (request.to >= 10) {
            answer(slot, Error{ErrorCode::not_found, Field::program, request.to, 0});
            return;
        }
        std::array<uint8_t, wire::program_message_bytes_max> said{};
        for (size_t i = 0; i < request.message.size(); ++i) {
            said[i] = static_cast<uint8_t>(request.message[i] - 32);
        }
        answer_with(slot, wire::ProgramCallReply{Bytes{said}.first(request.message.size())});
    }
    void grant(Slot& slot) noexcept {
        const auto request = request_of<wire::LeaseAllocRequest>(slot);
        if (refuse_grants.has_value()) {
            answer(slot, *refuse_grants);
            return;
        }
        FakeLease* lease = nullptr;
        for (uint32_t i = 0; i < lease_count; ++i) {
            lease = is_live(leases[i]) && leases[i].key == request.alloc_key ? &leases[i] : lease;
        }
        if (lease == nullptr) {
            ASSERT_LT(lease_count, leases_max);
            lease = &leases[lease_count];
            lease_count += 1;
            *lease = {};
            store_big_endian<uint64_t>(lease->id.bytes.data(), seed_ + lease_count);
            store_big_endian<uint64_t>(lease->id.bytes.data() + 8, ++ids_);
            lease->ref = lease::ref_of(lease->id);
            lease->key = request.alloc_key;
            lease->kind = request.kind;
            lease->size = (request.amount_bytes + 4095) / 4096 * 4096;
            lease->ttl = request.ttl;
            lease->expires_at = saturating_add(node_now_, request.ttl);
            grants += 1;
        }
        wire::LeaseAllocReply reply;
        reply.lease = lease->id;
        reply.lease_ref = lease->ref;
        reply.epoch = {1};
        reply.generation = lease->generation;
        reply.left = left_until(lease->expires_at, node_now_);
        reply.size_bytes = lease->size;
        reply.kind = lease->kind;
        reply.unit_bytes = 4096;
        reply.token_left = reply.left;
        const lease::Token token = token_for(*lease);
        reply.token = token.view();
        answer_with(slot, reply);
    }
    void renew(Slot& slot) noexcept {
        const auto request = request_of<wire::LeaseRenewRequest>(slot);
        if (refuse_renewals.has_value()) {
            answer(slot, *refuse_renewals);
            return;
        }
        FakeLease* const lease = live_lease(slot, lease_of(request.token));
        if (lease == nullptr) {
            return;
        }
        const uint32_t shown = load_big_endian<uint32_t>(request.token.data() + 40);
        EXPECT_LE(shown, lease->generation.value);
        if (shown == lease->generation.value) { // an older one extends nothing
            lease->generation.value += 1;
            const Duration ttl = request.ttl.ms == 0 ? lease->ttl : request.ttl;
            lease->expires_at = saturating_add(node_now_, ttl);
            renewals += 1;
        }
        const lease::Token token = token_for(*lease);
        const Duration left = left_until(lease->expires_at, node_now_);
        answer_with(slot, wire::LeaseRenewReply{lease->generation, left, {3}, left, token.view()});
    }
    void attach(Slot& slot) noexcept {
        const auto request = request_of<wire::LeaseAttachRequest>(slot);
        FakeLease* const lease = live_lease(slot, lease_of(request.lease));
        if (lease == nullptr) {
            return;
        }
        wire::LeaseAttachReply reply;
        reply.lease_ref = lease->ref;
        reply.epoch = {1};
        reply.generation = lease->generation;
        reply.left = left_until(lease->expires_at, node_now_);
        reply.size_bytes = lease->size;
        reply.kind = attach_kind;
        reply.unit_bytes = 4096;
        reply.token_left = reply.left;
        const lease::Token token = token_for(*lease);
        reply.token = token.view();
        answer_with(slot, reply);
    }
    void free_lease(Slot& slot) noexcept {
        const auto request = request_of<wire::LeaseFreeRequest>(slot);
        FakeLease* const lease = live_lease(slot, lease_of(request.lease));
        if (lease == nullptr) {
            return;
        }
        lease->end = Error{ErrorCode::released, Field::lease};
        frees += 1;
        answer_with(slot, wire::LeaseFreeReply{lease->ref, {4}});
    }
    [[nodiscard]] Bytes token_in(const Slot& slot) noexcept {
        const Bytes payload = Bytes{slot.bytes}.first(slot.size);
        ByteReader reader{payload};
        return reader.take_counted(limits::token_bytes_max); // the first field of all of them
    }
    void access(Slot& slot) noexcept {
        last_use = node_now_;
        uses += 1;
        if (refuse_data.has_value()) {
            answer(slot, *refuse_data);
            return;
        }
        if (live_lease(slot, lease_of(token_in(slot))) != nullptr) {
            access_bytes(slot);
        }
    }
    void access_bytes(Slot& slot) noexcept {
        if (slot.type == wire::MessageType::mem_read) {
            const auto request = request_of<wire::MemReadRequest>(slot);
            const size_t length = request.length - (reads_short ? 1u : 0u);
            answer_with(slot, wire::MemReadReply{Bytes{memory}.subspan(request.offset, length)});
        } else if (slot.type == wire::MessageType::block_read) {
            const auto request = request_of<wire::BlockReadRequest>(slot);
            answer_with(
                slot, wire::BlockReadReply{Bytes{memory}.subspan(request.offset, request.length)});
        } else if (slot.type == wire::MessageType::mem_write) {
            const auto request = request_of<wire::MemWriteRequest>(slot);
            copy_bytes(MutableBytes{memory}.subspan(request.offset), request.data);
            answer_with(slot, wire::MemWriteReply{});
        } else if (slot.type == wire::MessageType::block_write) {
            const auto request = request_of<wire::BlockWriteRequest>(slot);
            copy_bytes(MutableBytes{memory}.subspan(request.offset), request.data);
            answer_with(slot, wire::BlockWriteReply{});
        } else {
            access_words(slot);
        }
    }
    void access_words(Slot& slot) noexcept {
        if (slot.type == wire::MessageType::block_flush) {
            answer_with(slot, wire::BlockFlushReply{});
        } else if (slot.type == wire::MessageType::mem_compare_exchange) {
            const auto request = request_of<wire::MemCompareExchangeRequest>(slot);
            answer_with(slot, wire::MemCompareExchangeReply{request.expected == 1,
                                                            request.desired + request.offset});
        } else if (slot.type == wire::MessageType::mem_fetch_add) {
            const auto request = request_of<wire::MemFetchAddRequest>(slot);
            answer_with(slot, wire::MemFetchAddReply{request.addend + request.offset});
        } else if (slot.type == wire::MessageType::mem_lock) {
            const auto request = request_of<wire::MemLockRequest>(slot);
            last_lock = {request.offset, request.holder, request.nonce, request.ttl};
            wire::MemLockReply reply;
            reply.is_granted = true;
            reply.generation = {21};
            reply.left = Duration{22};
            reply.commits = 23;
            answer_with(slot, reply);
        } else {
            const auto request = request_of<wire::MemCommitRequest>(slot);
            last_commit = request.generation;
            last_commit_extents = request.extents.count;
            answer_with(slot, wire::MemCommitReply{request.is_release ? 31u : 30u,
                                                   request.generation, request.nonce});
        }
    }

    std::array<Slot, window> slots_{};
    std::array<uint32_t, 64> counts_{};
    Instant holder_now_{};
    Instant node_now_{};
    uint64_t next_number_ = 1;
    uint64_t ids_ = 0;
    bool is_open_ = false;
    BootNumber boot_seen_{};

public:
    uint64_t seed_ = 0; ///< makes the ids of several nodes differ
    wire::RevokeOutcome revoke_outcome = wire::RevokeOutcome::torn_down;
};

} // namespace grafos::test
