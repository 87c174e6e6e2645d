// SPDX-License-Identifier: Apache-2.0
/// A node as others see it: every message of wire's table, executed.
///
/// Sessions say who asks, tokens what for, the node's own doors decide. Roles, tenants and tokens
/// are checked here on every use; then a request goes where this machine's programs would send it.
/// No state of leases is kept. Each class has its budget; the rest waits in a queue or is refused.
#pragma once

#include "core/node/program_desk.hpp"
#include "core/node/service/parts.hpp"

namespace grafos::node {

class FabricService : public Service, public wire::RequestSink {
public:
    using Options = ServiceOptions;
    using Parts = ServiceParts;

    FabricService(const FabricService&) = delete;
    FabricService& operator=(const FabricService&) = delete;

    // --- node::Service
    bool receive(Instant now) noexcept override;
    bool serve_data(Instant now) noexcept override;
    bool tick_sessions(Instant now) noexcept override;
    bool answer(Instant now) noexcept override;
    [[nodiscard]] Instant next_deadline() const noexcept override;
    void on_device_reset() noexcept override { reader_.on_device_reset(); }
    [[nodiscard]] ServiceRules rules() const noexcept override;
    [[nodiscard]] bool put_session(uint64_t& cursor, TextWriter& to) const noexcept override;
    [[nodiscard]] bool put_peer(uint64_t& cursor, TextWriter& to) const noexcept override;

    // --- wire::RequestSink
    void on_request(const wire::RequestOrigin& origin, const wire::MessageView& message,
                    Instant now) noexcept override;
    void on_session_end(wire::SessionRef session) noexcept override;

    // --- the program that others may call
    /// Asserts that no other one is there. It outlives the service, or closes. Context: turn.
    void open_desk(ProgramDesk& desk) noexcept;
    /// From here on calls are refused: not_found (program). Context: turn.
    void close_desk() noexcept { desk_ = nullptr; }
    /// Answers a call, once. Whose caller is gone, or was answered: nobody is told, and ok.
    /// Failures: capacity_exceeded (length: over 256 bytes; it stays open). Context: turn.
    [[nodiscard]] Result<> answer_call(const CallTicket& to, Bytes answer, Instant now) noexcept;

    [[nodiscard]] const ServiceFigures& figures() const noexcept { return figures_; }
    [[nodiscard]] wire::Port& port() noexcept { return parts_.port; }
    [[nodiscard]] const wire::SessionServer& sessions() const noexcept { return parts_.sessions; }

protected:
    FabricService(const Parts& parts, const Options& options) noexcept;
    ~FabricService() = default;

private:
    struct Call { ///< one request while it is looked at
        const wire::RequestOrigin& origin;
        const wire::Principal& principal;
        const wire::MessageEntry& entry;
        const wire::MessageView& message;
        Instant now;
        bool is_warned = false;  ///< a revocation of its lease is under way
        bool is_counted = false; ///< its refusal, by the lessor
    };
    using Handler = Result<> (FabricService::*)(Call& call) noexcept; ///< ok: answered, or to be
    struct Row {
        wire::MessageType type;
        Handler handler;
    };
    static const Row rows[];
    struct Opened { ///< a lease token that was checked, and the lease as it is
        const lease::Claims* claims = nullptr;
        lease::Authority by{};
    };

    // fabric_service.cpp: the turn, one request, its answer
    void open_sessions() noexcept;
    [[nodiscard]] Result<> serve(Call& call) noexcept;
    [[nodiscard]] Result<> take_budget(const Call& call) noexcept;
    void refuse(const Call& call, const Error& error) noexcept;
    void note_refusal(const wire::Principal& principal, const wire::MessageEntry& entry,
                      const Error& error) noexcept;
    template <typename Message>
    [[nodiscard]] Result<> reply(const wire::RequestOrigin& origin, const Message& message,
                                 bool is_warned, Instant now) noexcept;
    template <typename Message>
    [[nodiscard]] Result<> reply(const Call& call, const Message& message) noexcept {
        return reply(call.origin, message, call.is_warned, call.now);
    }
    [[nodiscard]] size_t list_bytes_of(const wire::RequestOrigin& origin) const noexcept;

    // service_tokens.cpp: who may, with what
    [[nodiscard]] Result<> check_tenant(const Call& call, TenantId tenant) const noexcept;
    [[nodiscard]] lease::Needed needed_of(const Call& call, lease::TokenKind kind) const noexcept;
    [[nodiscard]] Result<lease::TokenCache::Entry*> open_token(const Call& call,
                                                               Bytes token) noexcept;
    [[nodiscard]] Result<Opened> open_lease(Call& call, Bytes token, Duration ttl = {}) noexcept;
    [[nodiscard]] Result<SlotIndex> find_lease(Call& call, const LeaseId& id) const noexcept;
    [[nodiscard]] Result<uint8_t> find_resource(lease::ResourceKind kind,
                                                const ResourceId& id) const noexcept;
    [[nodiscard]] bool is_warned(SlotIndex slot) const noexcept;
    [[nodiscard]] Result<> on_cap_request(Call& call) noexcept;
    [[nodiscard]] Result<> on_token_refresh(Call& call) noexcept;
    [[nodiscard]] Result<> on_lease_attach(Call& call) noexcept;

    // service_leases.cpp: through the outbox
    [[nodiscard]] lease::Request request_of(const Call& call, lease::Operation operation,
                                            TenantId tenant) const noexcept;
    [[nodiscard]] Result<StartedRequest*> take_started(const Call& call,
                                                       StartedRequest::Kind kind) noexcept;
    void release_started(StartedRequest& started) noexcept;
    [[nodiscard]] Result<> start(StartedRequest& started, const lease::Request& request) noexcept;
    [[nodiscard]] Result<> start_by_id(Call& call, const LeaseId& id,
                                       StartedRequest::Kind kind) noexcept;
    [[nodiscard]] Result<> on_lease_alloc(Call& call) noexcept;
    [[nodiscard]] Result<> on_lease_renew(Call& call) noexcept;
    [[nodiscard]] Result<> on_lease_free(Call& call) noexcept;
    [[nodiscard]] Result<> on_lease_checkpoint(Call& call) noexcept;
    [[nodiscard]] Result<> on_lease_revoke(Call& call) noexcept;
    [[nodiscard]] Result<> on_fence_clear(Call& call) noexcept;
    void finish(const ServedAnswer& served, Instant now) noexcept;
    [[nodiscard]] Result<> finish_ok(const StartedRequest& started, const lease::Answer& answer,
                                     Instant executed, bool is_warned, Instant now) noexcept;
    [[nodiscard]] Result<> finish_alloc(const StartedRequest& started, const lease::Answer& answer,
                                        Instant executed, bool is_warned, Instant now) noexcept;
    [[nodiscard]] Result<> finish_renew(const StartedRequest& started, const lease::Answer& answer,
                                        Instant executed, bool is_warned, Instant now) noexcept;

    // service_data.cpp: the bytes of leases
    [[nodiscard]] bool serve_queue(AccessQueue& queue, Instant now) noexcept;
    [[nodiscard]] Result<> on_memory(Call& call) noexcept;
    [[nodiscard]] Result<> on_block(Call& call) noexcept;
    [[nodiscard]] Result<> serve_memory(Call& call) noexcept;
    [[nodiscard]] Result<> mem_read(Call& call) noexcept;
    [[nodiscard]] Result<> mem_write(Call& call) noexcept;
    [[nodiscard]] Result<> mem_compare_exchange(Call& call) noexcept;
    [[nodiscard]] Result<> mem_fetch_add(Call& call) noexcept;
    [[nodiscard]] Result<> mem_lock(Call& call) noexcept;
    [[nodiscard]] Result<> mem_commit(Call& call) noexcept;
    [[nodiscard]] Result<> serve_block(Call& call) noexcept;
    void poll_blocks(Instant now) noexcept;
    [[nodiscard]] bool finish_block(BlockOperation& operation, Instant now) noexcept;

    // service_looks.cpp: what is only read
    [[nodiscard]] Result<> on_ping(Call& call) noexcept;
    [[nodiscard]] Result<> on_get_identity(Call& call) noexcept;
    [[nodiscard]] Result<> on_get_inventory(Call& call) noexcept;
    [[nodiscard]] Result<> on_get_readiness(Call& call) noexcept;
    [[nodiscard]] Result<> on_get_counters(Call& call) noexcept;
    [[nodiscard]] Result<> on_lease_query(Call& call) noexcept;
    [[nodiscard]] Result<> on_lease_list_active(Call& call) noexcept;
    [[nodiscard]] Result<> on_fence_list(Call& call) noexcept;
    [[nodiscard]] uint64_t put_counter(uint64_t index, TextWriter& name) const noexcept;

    // service_calls.cpp: for the program
    [[nodiscard]] Result<> on_program_call(Call& call) noexcept;

    // service_operate.cpp: clock and chain
    [[nodiscard]] Result<> on_time_sync(Call& call) noexcept;
    [[nodiscard]] Result<> on_audit_head(Call& call) noexcept;
    [[nodiscard]] Result<> on_audit_read(Call& call) noexcept;
    [[nodiscard]] Result<> on_audit_trim(Call& call) noexcept;
    bool tick_reads(Instant now) noexcept;
    [[nodiscard]] Result<> step_read(const AuditRead& read) noexcept;
    void finish_read(const Result<>& result, Instant now) noexcept;
    [[nodiscard]] Result<> start_trim(Instant now) noexcept;
    [[nodiscard]] Result<Sequence> poll_trim(Instant now) noexcept;
    void tick_trim(Instant now) noexcept;

    Parts parts_;
    Options options_;
    lease::TokenKeeper keeper_{};
    lease::MemoryVerbs verbs_;
    lease::LogReader reader_;
    AccessQueue memory_queue_;
    AccessQueue block_queue_;
    bool is_open_ = false;
    bool has_answers_ = false; ///< of the program; they leave with the next turn
    BootNumber boot_{};
    uint16_t started_free_ = 0; ///< index + 1
    uint32_t data_left_ = 0;    ///< of this turn's budgets
    uint32_t looks_left_ = 0;
    uint32_t calls_left_ = 0;
    ProgramDesk* desk_ = nullptr;
    uint32_t blocks_busy_ = 0;
    ServiceFigures figures_{};
    std::array<uint8_t, wire::payload_bytes_max> reply_{};
    std::array<uint8_t, wire::list_bytes_max> list_{};
    std::array<AuditRead, audit_reads_max> reads_{};
    size_t read_count_ = 0;
    bool is_reading_ = false;
    bool is_sought_ = false; ///< the reader stands where the first of `reads_` wants to go on
    std::array<uint8_t, wire::list_bytes_max> records_bytes_{};
    wire::ListBuilder<wire::AuditRecordEntry> records_{records_bytes_};
    lease::SignedHead head_{};
    bool has_head_ = false;
    TrimJob trim_{};
};

} // namespace grafos::node
