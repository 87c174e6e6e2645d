// SPDX-License-Identifier: Apache-2.0
/// A program that has a hundred leases and keeps them: the fabric renews, it looks now and then.
#pragma once

#include "core/fabric/builder.hpp"
#include "tests/sim/world/sim_program.hpp"

namespace grafos::bench {

class Keeper final : public test::SimProgram {
public:
    static constexpr size_t leases = 100;
    static constexpr Duration ttl{10'000};
    static constexpr Duration look_interval{1'000};

    Keeper(test::SimObservers& observers, uint32_t machine,
           const std::array<std::string_view, 2>& homes,
           const std::array<uint32_t, 2>& numbers) noexcept
        : observers_{observers}, machine_{machine}, homes_{homes}, numbers_{numbers} {}

    void on_power_on(fabric::Fabric& fabric) noexcept override { fabric_ = &fabric; }
    void on_power_off() noexcept override;
    void step(Instant now) noexcept override;
    [[nodiscard]] Instant next_deadline() const noexcept override;

    bool is_wanted = false;
    [[nodiscard]] size_t held() const noexcept { return held_; }
    [[nodiscard]] uint64_t ended() const noexcept { return ended_; }
    [[nodiscard]] const fabric::Fabric& fabric() const noexcept { return *fabric_; }

private:
    void say(test::ProgramEvent::What what, const fabric::MemLease* lease) noexcept;
    void acquire(Instant now) noexcept;
    void look(Instant now) noexcept;

    test::SimObservers& observers_;
    uint32_t machine_;
    std::array<std::string_view, 2> homes_;
    std::array<uint32_t, 2> numbers_;
    fabric::Fabric* fabric_ = nullptr;
    std::array<std::optional<fabric::MemLease>, leases> leases_{};
    std::optional<fabric::Acquiring<fabric::MemLease>> acquiring_{};
    size_t held_ = 0;
    uint64_t ended_ = 0;
    Instant look_at_{};
};

} // namespace grafos::bench
