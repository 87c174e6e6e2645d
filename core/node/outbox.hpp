// SPDX-License-Identifier: Apache-2.0
/// Requests on their way: started, executed, proven, answered.
///
/// A slot is taken before a request is executed, so that an executed request always has a place for
/// its answer; the answer stays until it is asked for. Full means refused, nothing is evicted.
///
/// Every slot is in exactly one chain: free, queued (one a class, oldest first), or, once answered
/// and if it was put in by a service, refused or proven. So the next of each kind is found without
/// a search, and a turn in which hundreds are answered costs what was answered.
#pragma once

#include "core/base/limits.hpp"
#include "core/lease/grantor.hpp"

namespace grafos::node {

/// Requests are executed class by class (protocol §2, turn order).
enum class RequestClass : uint8_t { end_or_renew, grant };

[[nodiscard]] constexpr RequestClass class_of(lease::Operation operation) noexcept {
    return operation == lease::Operation::grant ? RequestClass::grant : RequestClass::end_or_renew;
}

struct OutboxSlot {
    enum class State : uint8_t { free, queued, clearing, answered };
    State state = State::free;
    bool is_refused = false;
    bool is_of_service = false; ///< taken out by `next_refused` and `next_proven`, not by ticket
    uint8_t identity_size = 0;
    uint32_t generation = 0;
    uint32_t next = 0;   ///< in its chain: index + 1, 0 ends it
    uint32_t cookie = 0; ///< the service's own
    Instant executed{};
    std::array<uint8_t, limits::identity_bytes_max> identity{};
    lease::Request request{};
    lease::Answer answer{};
    Error error{};
};

class Outbox {
public:
    explicit Outbox(std::span<OutboxSlot> slots) noexcept;
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    /// Copies the request. Failures: capacity_exceeded (outbox), invalid_argument (identity: too
    /// long; operation: one that no Grantor executes).
    [[nodiscard]] Result<lease::Ticket> put(const lease::Request& request) noexcept;
    /// As `put`, for whoever takes its answers in the order in which they are there.
    [[nodiscard]] Result<> put_for_service(const lease::Request& request, uint32_t cookie) noexcept;

    /// The oldest queued request of a class, or none.
    [[nodiscard]] OutboxSlot* next_queued(RequestClass request_class) noexcept;
    /// The request waiting for a fence clear, or none; there is at most one.
    [[nodiscard]] OutboxSlot* clearing() noexcept;
    /// The oldest refusal, and the oldest success, of a service that it has not released yet.
    [[nodiscard]] OutboxSlot* next_refused() noexcept { return front(refused_); }
    [[nodiscard]] OutboxSlot* next_proven() noexcept { return front(proven_); }

    /// Only for what `next_queued` or `clearing` answered.
    void answer(OutboxSlot& slot, const Result<lease::Answer>& result, Instant now = {}) noexcept;
    void start_clearing(OutboxSlot& slot) noexcept;

    /// The slot behind a ticket. Failures: not_found (ticket).
    [[nodiscard]] Result<OutboxSlot*> find(lease::Ticket ticket) noexcept;
    /// Only for what `find`, `next_refused` or `next_proven` answered, once it is answered.
    void release(OutboxSlot& slot) noexcept;

    [[nodiscard]] size_t queued_count() const noexcept { return queued_count_; }
    [[nodiscard]] size_t size() const noexcept { return slots_.size(); }

private:
    /// First in, first out, through the slots themselves. Index + 1; 0 is none.
    struct Chain {
        uint32_t first = 0;
        uint32_t last = 0;
    };

    [[nodiscard]] Result<OutboxSlot*> take(const lease::Request& request) noexcept;
    [[nodiscard]] uint32_t link_of(const OutboxSlot& slot) const noexcept {
        return static_cast<uint32_t>(&slot - slots_.data()) + 1;
    }
    [[nodiscard]] OutboxSlot* front(const Chain& chain) noexcept {
        return chain.first == 0 ? nullptr : &slots_[chain.first - 1];
    }
    [[nodiscard]] Chain& queue_of(const OutboxSlot& slot) noexcept {
        return queued_[static_cast<size_t>(class_of(slot.request.operation))];
    }
    void push(Chain& chain, OutboxSlot& slot) noexcept;
    void pop(Chain& chain, const OutboxSlot& slot) noexcept;

    std::span<OutboxSlot> slots_;
    Chain free_{};
    std::array<Chain, 2> queued_{};
    Chain refused_{};
    Chain proven_{};
    uint32_t clearing_ = 0;
    size_t queued_count_ = 0;
};

} // namespace grafos::node
