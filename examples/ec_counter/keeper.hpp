// SPDX-License-Identifier: Apache-2.0
/// Who keeps a server's counter, so that it outlives the server, or ends with a lease.
///
/// A keeper is an actor with the KeeperProtocol, of one server alone. It answers Recover with the
/// value that it keeps, Keep when the value would outlive the server, Check while its place is
/// still ours. Instead of an answer it may refuse: with the code by which a lease ends
/// (lease_expired, revoked, fenced and their kin, see `failure_of`) the server stops; with any
/// other the server refuses the set and goes on. Keepers never go down: Keep of a smaller value
/// than the kept one changes nothing and is answered.
///
/// This one keeps in memory. Others keep in leased memory, or in leased blocks.
#pragma once

#include <optional>

#include "examples/ec_counter/messages.hpp"

namespace grafos::ec_counter {

class MemoryKeeper final : public emulation::Actor<MemoryKeeper, KeeperProtocol> {
public:
    using Context = emulation::Context<MemoryKeeper>;
    template <typename Reply>
    using Asked = emulation::Asked<Reply>;

    explicit MemoryKeeper(uint64_t value = 0) noexcept : value_{value} {}

    void on(Context& context, const Recover& message, const Asked<Counter>& asked) noexcept;
    void on(Context& context, const Keep& message, const Asked<Kept>& asked) noexcept;
    void on(Context& context, const Check& message, const Asked<Kept>& asked) noexcept;
    void on(Context&, const Look&) noexcept {} // it never waits

    /// From now on all is refused so; nothing: no more. What was kept stays.
    void refuse_all(const std::optional<Error>& why) noexcept { why_ = why; }
    [[nodiscard]] uint64_t value() const noexcept { return value_; }

private:
    uint64_t value_;
    std::optional<Error> why_{};
};

} // namespace grafos::ec_counter
