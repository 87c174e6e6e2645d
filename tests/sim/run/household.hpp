// SPDX-License-Identifier: Apache-2.0
/// The tenures of one machine, one program: as many as the seed drew.
#pragma once

#include "tests/sim/programs/tenure.hpp"

namespace grafos::test {

class Household final : public SimProgram {
public:
    static constexpr size_t tenures_max = 4;

    Household() noexcept = default;
    Household(const Household&) = delete;
    Household& operator=(const Household&) = delete;

    /// Context: before the machine is on. At most `tenures_max`.
    Tenure& add(const Tenure::Parts& parts, const Tenure::Plan& plan, uint64_t seed) noexcept;
    [[nodiscard]] size_t size() const noexcept { return count_; }
    [[nodiscard]] Tenure& tenure(size_t index) noexcept {
        GRAFOS_ASSERT(index < count_);
        return *tenures_[index];
    }

    void on_power_on(fabric::Fabric& fabric) noexcept override;
    void on_power_off() noexcept override;
    void step(Instant now) noexcept override;
    [[nodiscard]] Instant next_deadline() const noexcept override;

private:
    std::array<std::optional<Tenure>, tenures_max> tenures_{};
    size_t count_ = 0;
};

/// Who leases what from whom, drawn by one choice: each machine 1 … `tenures_max` leases, of memory
/// or blocks, far or own, for 1 … 6 s.
class Casting {
public:
    static constexpr Duration ttl_least{1'000};
    static constexpr Duration ttl_most{6'000};

    Casting(uint64_t seed, std::span<const std::string_view> names) noexcept
        : choice_{seed}, names_{names} {}
    [[nodiscard]] size_t draw_count() noexcept {
        return static_cast<size_t>(choice_.between(1, Household::tenures_max));
    }
    [[nodiscard]] Tenure::Plan draw(size_t machine) noexcept;
    [[nodiscard]] uint64_t draw_seed() noexcept { return choice_.next(); }

private:
    SeededChoice choice_;
    std::span<const std::string_view> names_;
};

} // namespace grafos::test
