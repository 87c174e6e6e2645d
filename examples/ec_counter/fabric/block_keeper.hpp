// SPDX-License-Identifier: Apache-2.0
/// A server's counter in blocks leased on the other machines: it outlives the server's own.
///
/// Blocks of a lease end with the power of their machine, so the counter of a server lies on all
/// machines but its own. A value counts as kept when it is written and flushed on every machine in
/// reach, and at least on one. At the start the largest value of all copies in reach is given back;
/// a copy that comes into reach only later is read then, and if it is larger, the server hears of
/// it as of a peer's value: taking a maximum does not mind when.
///
/// What it survives: whatever happens to whichever machines, as long as of those that hold a value
/// (the server's own, and each that has acknowledged it) one stays up, and in reach, until the
/// others hold it again. That a machine lost power, and its copies with it, is noticed up to two
/// seconds after it is back. What it does not survive: all of them without power at the same time;
/// the only one left losing power before it was copied; a server's machine that is away for longer
/// than the TTL of its leases, if no other server has heard of the value by then.
#pragma once

#include "examples/ec_counter/fabric/block_copy.hpp"
#include "examples/ec_counter/fabric/fabric_words.hpp"

namespace grafos::ec_counter {

class BlockKeeper final : public emulation::Actor<BlockKeeper, KeeperProtocol> {
public:
    using Context = emulation::Context<BlockKeeper>;
    template <typename Reply>
    using Asked = emulation::Asked<Reply>;

    /// Until then the answer to Recover waits for copies that have not been read.
    static constexpr Duration recover_within{600};

    BlockKeeper(fabric::Fabric& fabric, const FabricWords& words) noexcept;

    /// Whom it tells of what was found late. Context: before the first tick.
    void serve(ServerAddress server) noexcept { server_ = server; }

    void on_start(Context& context) noexcept;
    void on(Context& context, const Recover& message, const Asked<Counter>& asked) noexcept;
    void on(Context& context, const Keep& message, const Asked<Kept>& asked) noexcept;
    void on(Context& context, const Check& message, const Asked<Kept>& asked) noexcept;
    void on(Context& context, const Look& message) noexcept;

    /// Every copy was read, and holds all that was ever to be kept.
    [[nodiscard]] bool is_whole() const noexcept;

private:
    static constexpr Duration look_soon{2};
    static constexpr Duration look_again{20};

    void go_on(Context& context) noexcept;
    void tell(Context& context) noexcept;
    [[nodiscard]] bool is_kept() const noexcept;
    [[nodiscard]] bool is_all_read() const noexcept;
    template <typename Visitor>
    void for_each_copy(const Visitor& visit) noexcept {
        for (size_t i = 0; i < copy_count_; ++i) {
            visit(*copies_[i]);
        }
    }

    fabric::Fabric& fabric_;
    std::array<std::optional<BlockCopy>, fabric_servers_max - 1> copies_{};
    size_t copy_count_ = 0;
    ServerAddress server_{};
    Instant began_{};
    bool has_recovered_ = false;
    bool is_looking_ = false;
    std::optional<Asked<Counter>> recover_{};
    std::optional<Asked<Kept>> keep_{};
    uint64_t wanted_ = 0; ///< the largest that was to be kept, or was found
    uint64_t told_ = 0;   ///< the largest that the server knows of
};

} // namespace grafos::ec_counter
