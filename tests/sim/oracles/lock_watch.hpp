// SPDX-License-Identifier: Apache-2.0
/// Locks in leased memory, by the bytes of their headers from turn to turn: taken apart from the
/// table in core/lease/lock/lock_header.hpp, with nothing of its code.
///
/// A turn may carry out several verbs on one lock, so only what no order of them explains is wrong.
#pragma once

#include "tests/sim/oracles/findings.hpp"

namespace grafos::test {

class LockWatch {
public:
    explicit LockWatch(Findings& findings) noexcept : findings_{findings} {}
    LockWatch(const LockWatch&) = delete;
    LockWatch& operator=(const LockWatch&) = delete;

    /// The bytes of a lease after a turn that changed them. `epoch` names it, `node` is the turn's
    /// time on the node's clock.
    void look(uint64_t epoch, Bytes bytes, Instant node) noexcept;

    /// Leases of another boot may have the same epochs, if the disk is another one.
    void forget() noexcept { known_ = {}; }

private:
    static constexpr size_t locks_max = 32;
    struct Lock {
        bool is_held = false;
        uint64_t generation = 0;
        uint64_t nonce = 0;
        uint64_t deadline = 0;
        uint64_t commits = 0;
        uint64_t last_generation = 0;
        uint64_t last_nonce = 0;
    };
    struct Known {
        uint64_t epoch = 0;
        uint64_t offset = 0;
        Lock lock{};
    };

    void expect(bool condition, const char* what) noexcept {
        findings_.expect(Oracle::lock, condition, what);
    }
    void take(Known& known, const Lock& now, uint64_t at) noexcept;
    void check_commit(const Lock& before, const Lock& now, uint64_t at) noexcept;
    [[nodiscard]] Known& find(uint64_t epoch, uint64_t offset) noexcept;

    Findings& findings_;
    std::array<Known, locks_max> known_{};
    size_t next_ = 0;
};

} // namespace grafos::test
