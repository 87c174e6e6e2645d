// SPDX-License-Identifier: Apache-2.0
/// One lease, again and again: acquired, written, read back, exchanged, flushed, lost, acquired
/// anew.
///
///     phase     | what it does                                    | leaves it
///     idle      | nothing                                         | wanted → acquiring
///     acquiring | waits for a node to grant                       | held, or idle for a while
///     held      | reads every slot once (zeroes), then anything   | ended; unwanted → idle
///     ended     | has tried one access more, which was refused    | after a rest → idle
///
/// It keeps its own picture of what the lease must hold, and calls none of the core's predicates.
/// An access whose outcome is unknown (`disconnected`) leaves both pictures possible until the next
/// read.
#pragma once

#include "core/fabric/builder.hpp"
#include "tests/sim/world/sim_program.hpp"
#include "tests/support/seeded_entropy.hpp"

namespace grafos::test {

class Tenure {
public:
    struct Plan {
        lease::ResourceKind kind = lease::ResourceKind::memory;
        std::string_view home{}; ///< the node it leases from
        Duration ttl{};
        uint32_t home_number = 0; ///< that node's machine
    };
    struct Parts {
        SimObservers& observers;
        Verdict& verdict;
        uint32_t machine = 0; ///< it runs on
        uint32_t program = 0; ///< a number of its own in the world
    };
    /// Counts since the start.
    struct Figures {
        uint64_t acquired = 0;
        uint64_t refused_acquires = 0;
        uint64_t reads = 0;
        uint64_t writes = 0;
        uint64_t exchanges = 0;
        uint64_t flushes = 0;
        uint64_t disconnected = 0;
        uint64_t disk_errors = 0;
        uint64_t overtaken = 0; ///< came so late that its token was over, though not its lease
        uint64_t forgotten = 0; ///< its token was of another boot of the same number
        uint64_t ended = 0;     ///< leases that ended while they were wanted
    };

    Tenure(const Parts& parts, const Plan& plan, uint64_t seed) noexcept
        : parts_{parts}, plan_{plan}, choice_{seed} {}
    Tenure(const Tenure&) = delete;
    Tenure& operator=(const Tenure&) = delete;

    bool is_wanted = false;
    bool is_paused = false;   ///< held, renewed, not used
    bool is_disk_bad = false; ///< `io` is an answer that may come
    /// A write that nobody answered may come until the lease ends, later ones notwithstanding.
    bool is_disk_late = false;
    /// Its home may count a boot twice, so that a token of the first is only known to be no token.
    bool is_home_forgetful = false;

    void on_power_on(fabric::Fabric& fabric) noexcept { fabric_ = &fabric; }
    void on_power_off() noexcept;
    void step(Instant now) noexcept;
    [[nodiscard]] Instant next_deadline() const noexcept;

    [[nodiscard]] const Plan& plan() const noexcept { return plan_; }
    [[nodiscard]] const Figures& figures() const noexcept { return figures_; }
    [[nodiscard]] bool is_held() const noexcept { return phase_ == Phase::held; }
    [[nodiscard]] bool is_ended() const noexcept { return phase_ == Phase::ended; }
    [[nodiscard]] bool is_quiet() const noexcept { return operation_ == Operation::none; }
    [[nodiscard]] bool is_away() const noexcept {
        return phase_ == Phase::idle && operation_ == Operation::none;
    }
    /// Held, and every slot was seen to be zero.
    [[nodiscard]] bool is_swept() const noexcept { return is_held() && swept_ == slot_count(); }
    // Held or ended.
    [[nodiscard]] const fabric::HeldLease& lease() const noexcept;
    /// Of this lease alone: stands in every byte it wrote.
    [[nodiscard]] uint64_t tag() const noexcept { return tag_; }
    /// Ended: when the holder was refused, in the world's time, and by which code.
    [[nodiscard]] Instant refused_at() const noexcept { return refused_at_; }
    [[nodiscard]] ErrorCode refused_by() const noexcept { return refused_by_; }

private:
    enum class Phase : uint8_t { idle, acquiring, held, ended };
    using Operation = ProgramEvent::Operation;
    using What = ProgramEvent::What;
    static constexpr size_t slots_max = 16;
    struct Slot {
        uint64_t version = 0;    ///< 0: zeroes
        bool is_unknown = false; ///< or the version of a write that nobody answered
    };

    void expect(bool condition, const char* what) noexcept {
        parts_.verdict.expect(condition, what, parts_.observers.now());
    }
    [[nodiscard]] size_t slot_bytes() const noexcept;
    [[nodiscard]] size_t slot_count() const noexcept;
    /// A machine's leases elsewhere are of a tenant of its own; at home nobody asks.
    [[nodiscard]] TenantId tenant() const noexcept {
        return {plan_.home_number == parts_.machine ? 0 : parts_.machine + 1};
    }
    [[nodiscard]] bool is_memory() const noexcept {
        return plan_.kind == lease::ResourceKind::memory;
    }
    [[nodiscard]] MutableBytes buffer() noexcept {
        return MutableBytes{buffer_}.first(slot_bytes());
    }
    void say(What what, const Error& error = {}) noexcept;

    void step_idle(Instant now) noexcept;
    void step_acquiring(Instant now) noexcept;
    template <typename Lease>
    void poll_acquire(std::optional<fabric::Acquiring<Lease>>& acquiring,
                      std::optional<Lease>& lease, Instant now) noexcept;
    void enter_held(Instant now) noexcept;
    void step_held(Instant now) noexcept;
    void hear_renewal() noexcept;
    void start_operation(Instant now) noexcept;
    [[nodiscard]] Operation choose() noexcept;
    [[nodiscard]] Result<lease::RegionTicket> start(Operation operation, Instant now) noexcept;
    void poll_operation(Instant now) noexcept;
    void take_success(const lease::RegionAnswer& answer) noexcept;
    void take_failure(const Error& error, Instant now) noexcept;
    void check_slot(Slot& slot) noexcept;
    void check_exchange(const lease::RegionAnswer& answer) noexcept;
    [[nodiscard]] static Instant last_moment(Instant end) noexcept;
    void believe(Instant now) noexcept;
    void enter_ended(const Error& error, Instant now) noexcept;
    void drop_lease() noexcept;

    Parts parts_;
    Plan plan_;
    SeededChoice choice_;
    fabric::Fabric* fabric_ = nullptr;
    Instant believed_in_{}; ///< the end up to which it has
    Phase phase_ = Phase::idle;
    Operation operation_ = Operation::none;
    std::optional<fabric::Acquiring<fabric::MemLease>> acquiring_memory_{};
    std::optional<fabric::Acquiring<fabric::BlockLease>> acquiring_block_{};
    std::optional<fabric::MemLease> memory_{};
    std::optional<fabric::BlockLease> block_{};
    std::optional<fabric::FabricMem> memory_handle_{};
    std::optional<fabric::FabricBlock> block_handle_{};
    lease::Region* region_ = nullptr;
    lease::RegionTicket ticket_{};
    Instant end_{};     ///< of the lease, when it was last renewed
    Instant next_at_{}; ///< of the next operation; idle and ended: of the next try
    uint64_t tag_ = 0;
    uint64_t version_ = 0; ///< newest one written
    uint64_t accesses_ = 0;
    size_t slot_ = 0; ///< that the operation is about
    size_t swept_ = 0;
    uint64_t word_ = 0; ///< that is exchanged
    bool is_word_unknown_ = false;
    Instant refused_at_{};
    ErrorCode refused_by_{};
    Figures figures_{};
    std::array<Slot, slots_max> slots_{};
    std::array<uint8_t, limits::block_bytes> buffer_{};
};

/// A program that holds a few of them; each counts as a program of its own, from `parts.program`
/// on.
template <size_t count>
class Worker final : public SimProgram {
public:
    Worker(const Tenure::Parts& parts, const std::array<Tenure::Plan, count>& plans,
           uint64_t seed) noexcept {
        for (size_t i = 0; i < count; ++i) {
            Tenure::Parts own = parts;
            own.program += static_cast<uint32_t>(i);
            tenures_[i].emplace(own, plans[i], seed + i);
        }
    }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void on_power_on(fabric::Fabric& fabric) noexcept override {
        for (std::optional<Tenure>& tenure : tenures_) {
            tenure->on_power_on(fabric);
        }
    }
    void on_power_off() noexcept override {
        for (std::optional<Tenure>& tenure : tenures_) {
            tenure->on_power_off();
        }
    }
    void step(Instant now) noexcept override {
        for (std::optional<Tenure>& tenure : tenures_) {
            tenure->step(now);
        }
    }
    [[nodiscard]] Instant next_deadline() const noexcept override {
        Instant next = Instant::never();
        for (const std::optional<Tenure>& tenure : tenures_) {
            next = earlier_of(next, tenure->next_deadline());
        }
        return next;
    }
    [[nodiscard]] Tenure& tenure(size_t index) noexcept { return *tenures_[index]; }
    [[nodiscard]] static constexpr size_t size() noexcept { return count; }

private:
    std::array<std::optional<Tenure>, count> tenures_{};
};

} // namespace grafos::test
