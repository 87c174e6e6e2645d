// SPDX-License-Identifier: Apache-2.0
/// Requests on their way: started, executed, proven, answered.
///
/// A slot is taken before a request is executed, so that an executed request always has a place for
/// its answer; the answer stays until it is asked for. Full means refused, nothing is evicted.
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
    uint8_t identity_size = 0;
    uint32_t generation = 0;
    uint64_t order = 0; ///< requests of a class are executed in the order they came
    std::array<uint8_t, limits::identity_bytes_max> identity{};
    lease::Request request{};
    lease::Answer answer{};
    Error error{};
};

class Outbox {
public:
    constexpr explicit Outbox(std::span<OutboxSlot> slots) noexcept : slots_{slots} {}
    Outbox(const Outbox&) = delete;
    Outbox& operator=(const Outbox&) = delete;

    /// Copies the request. Failures: capacity_exceeded (outbox), invalid_argument (identity: too
    /// long).
    [[nodiscard]] Result<lease::Ticket> put(const lease::Request& request) noexcept;

    /// The oldest queued request of a class, or none.
    [[nodiscard]] OutboxSlot* next_queued(RequestClass request_class) noexcept;
    /// The request waiting for a fence clear, or none; there is at most one.
    [[nodiscard]] OutboxSlot* clearing() noexcept;

    void answer(OutboxSlot& slot, const Result<lease::Answer>& result) noexcept;
    void start_clearing(OutboxSlot& slot) noexcept;

    /// The slot behind a ticket. Failures: not_found (ticket).
    [[nodiscard]] Result<OutboxSlot*> find(lease::Ticket ticket) noexcept;
    void release(OutboxSlot& slot) noexcept;

    [[nodiscard]] size_t queued_count() const noexcept { return queued_count_; }

private:
    std::span<OutboxSlot> slots_;
    size_t queued_count_ = 0;
    uint64_t next_order_ = 0;
};

} // namespace grafos::node
