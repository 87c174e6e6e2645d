// SPDX-License-Identifier: Apache-2.0
/// A program that does not stop: it keeps the token of a lease and writes with it when told, though
/// the lease is long over. The node must refuse it; the holder's own care is not asked.
#pragma once

#include "core/lease/token/token.hpp"
#include "core/wire/messages.hpp"
#include "tests/sim/world/sim_program.hpp"

namespace grafos::test {

class Latecomer final : public SimProgram {
public:
    Latecomer(SimObservers& observers, uint32_t machine, uint32_t program) noexcept
        : observers_{observers}, machine_{machine}, program_{program} {}
    Latecomer(const Latecomer&) = delete;
    Latecomer& operator=(const Latecomer&) = delete;

    /// Asks node `home` for the token of a lease of this machine's own.
    void take_token(std::string_view home, const LeaseId& lease) noexcept {
        home_ = home;
        lease_ = lease;
        job_ = Job::attach;
    }
    /// Writes at the front of that lease.
    void write_late() noexcept { job_ = Job::write; }
    /// Neither is under way.
    [[nodiscard]] bool is_done() const noexcept { return job_ == Job::none; }
    [[nodiscard]] bool has_token() const noexcept { return token_.size > 0; }
    /// What the last one was answered; not_found before.
    [[nodiscard]] const Result<>& answer() const noexcept { return answer_; }

    void on_power_on(fabric::Fabric& fabric) noexcept override { fabric_ = &fabric; }
    void on_power_off() noexcept override {
        fabric_ = nullptr;
        job_ = Job::none;
        request_ = {};
    }
    void step(Instant now) noexcept override;
    [[nodiscard]] Instant next_deadline() const noexcept override {
        const bool is_to_start = job_ != Job::none && request_.number == 0;
        return is_to_start ? Instant{0} : Instant::never();
    }

private:
    enum class Job : uint8_t { none, attach, write };
    void start(fabric::Channel& channel, Instant now) noexcept;
    void finish(const Result<wire::ReplyView>& reply) noexcept;

    SimObservers& observers_;
    uint32_t machine_;
    uint32_t program_;
    fabric::Fabric* fabric_ = nullptr;
    Job job_ = Job::none;
    std::string_view home_{};
    LeaseId lease_{};
    lease::Token token_{};
    wire::RequestHandle request_{}; ///< number 0: none is out
    Result<> answer_{Error{ErrorCode::not_found}};
};

} // namespace grafos::test
