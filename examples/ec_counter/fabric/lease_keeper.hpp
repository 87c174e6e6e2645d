// SPDX-License-Identifier: Apache-2.0
/// A server's counter in memory leased from the server's own node.
///
/// Who holds the lease may count; when it ends (revoked, expired, the node restarted) the counter
/// is gone, and the server stops. So an operator can stop a server at its node, and the node's
/// audit log shows it. This keeper outlives nothing: what it gives back at the start is what the
/// leased bytes hold, zeroes after a restart.
#pragma once

#include "core/fabric/builder.hpp"
#include "examples/ec_counter/messages.hpp"

namespace grafos::ec_counter {

class LeaseKeeper final : public emulation::Actor<LeaseKeeper, KeeperProtocol> {
public:
    using Context = emulation::Context<LeaseKeeper>;
    template <typename Reply>
    using Asked = emulation::Asked<Reply>;
    struct Place {
        std::string_view node{}; ///< this machine's own
        Duration ttl{};
    };

    LeaseKeeper(fabric::Fabric& fabric, const Place& place) noexcept
        : fabric_{fabric}, place_{place} {}

    void on_start(Context& context) noexcept;
    void on(Context& context, const Recover& message, const Asked<Counter>& asked) noexcept;
    void on(Context& context, const Keep& message, const Asked<Kept>& asked) noexcept;
    void on(Context& context, const Check& message, const Asked<Kept>& asked) noexcept;
    void on(Context& context, const Look& message) noexcept;

    /// Nothing: the lease is not had yet.
    [[nodiscard]] const std::optional<fabric::MemLease>& lease() const noexcept { return lease_; }

private:
    static constexpr uint64_t counter_bytes = 8;
    static constexpr Duration look_again{2};

    void go_on(Context& context) noexcept;
    void poll_acquire() noexcept;
    void poll_access(Instant now) noexcept;
    void start_access(Instant now) noexcept;
    void tell(Context& context) noexcept;
    [[nodiscard]] bool is_awaited() const noexcept {
        return recover_.has_value() || keep_.has_value();
    }
    [[nodiscard]] bool is_kept() const noexcept { return has_read_ && kept_ >= wanted_; }

    fabric::Fabric& fabric_;
    Place place_;
    std::optional<fabric::Acquiring<fabric::MemLease>> acquiring_{};
    std::optional<fabric::MemLease> lease_{};
    std::optional<fabric::FabricMem> memory_{};
    std::optional<lease::RegionTicket> ticket_{};
    std::optional<Error> over_{}; ///< the lease, or never had
    std::optional<Asked<Counter>> recover_{};
    std::optional<Asked<Kept>> keep_{};
    bool has_read_ = false;
    bool is_looking_ = false;
    uint64_t wanted_ = 0;
    uint64_t writing_ = 0;
    uint64_t kept_ = 0;
    std::array<uint8_t, counter_bytes> buffer_{};
};

} // namespace grafos::ec_counter
