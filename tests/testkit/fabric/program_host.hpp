// SPDX-License-Identifier: Apache-2.0
/// The user's programs on one machine of a simulated fabric, each on a stack of its own.
///
/// Every turn of the machine takes up each program where it waits, until it waits again. A machine
/// that loses power loses its programs where they are; when it comes back, those that had not ended
/// begin anew, as under a supervisor, once the node is ready.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/world/sim_program.hpp"
#include "tests/testkit/fabric/fiber.hpp"

namespace grafos::testkit {

/// One of the user's programs.
class Program {
public:
    explicit Program(std::function<void()> body) : body_{std::move(body)} {}

    /// It returned.
    [[nodiscard]] bool is_over() const noexcept { return is_over_; }
    /// How often it was begun: once, and once more for each time its machine came back.
    [[nodiscard]] uint64_t starts() const noexcept { return starts_; }

private:
    friend class ProgramHost;
    std::function<void()> body_;
    std::unique_ptr<Fiber> fiber_{};
    Instant wake_at_{}; ///< of the fabric's clock
    uint64_t starts_ = 0;
    bool is_over_ = false;
};

class ProgramHost final : public test::SimProgram {
public:
    /// `is_ready`: programs may begin.
    ProgramHost(std::string name, std::function<bool()> is_ready)
        : name_{std::move(name)}, is_ready_{std::move(is_ready)} {}
    ProgramHost(const ProgramHost&) = delete;
    ProgramHost& operator=(const ProgramHost&) = delete;

    /// Begins with the next turn. Context: outside programs.
    [[nodiscard]] const Program& run(std::function<void()> body);

    /// Leaves the program that runs just now until a later turn, `wake_at` at the latest if the
    /// machine has turns at all. Context: inside a program.
    void wait(Instant wake_at);
    /// Somebody outside wants a turn by then.
    void want_turn(Instant at) noexcept { wanted_at_ = at; }
    [[nodiscard]] uint64_t turns() const noexcept { return turns_; }
    [[nodiscard]] bool has_fabric() const noexcept { return fabric_ != nullptr; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// The test pumps this machine itself, so it may have leases here that a power cut would leave
    /// dangling: until there are none.
    void mark_used_by_test() noexcept { is_used_by_test_ = true; }
    /// The fabric's end: nothing is looked for any more.
    void mark_ending() noexcept { is_used_by_test_ = false; }

    // test::SimProgram
    void on_power_on(fabric::Fabric& fabric) noexcept override;
    void on_power_off() noexcept override;
    void step(Instant now) noexcept override;
    [[nodiscard]] Instant next_deadline() const noexcept override;

private:
    std::string name_;
    std::function<bool()> is_ready_;
    fabric::Fabric* fabric_ = nullptr; ///< null: off, or alone
    std::vector<std::unique_ptr<Program>> programs_{};
    std::vector<std::unique_ptr<Fiber>> killed_{}; ///< their buffers may be lent until power is off
    Program* current_ = nullptr;
    Instant wanted_at_ = Instant::never();
    uint64_t turns_ = 0;
    bool is_used_by_test_ = false;
};

} // namespace grafos::testkit
