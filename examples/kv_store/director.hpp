// SPDX-License-Identifier: Apache-2.0
/// Main: says who was started, starts the clients off, waits, and is done.
///
/// It asks nobody anything: whether 2,000 ms were enough is not checked.
#pragma once

#include <span>

#include "examples/emulation/actor.hpp"
#include "examples/kv_store/client.hpp"

namespace grafos::kv_store {

class Director final : public emulation::Actor<Director, MainProtocol> {
public:
    /// Everybody it will speak to. The list outlives it. Context: before the first turn.
    void introduce(std::span<const ClientAddress> clients) noexcept { clients_ = clients; }

    void on_start(emulation::Context<Director>& context) noexcept;
    void on(emulation::Context<Director>& context, const Begin& message) noexcept;
    void on(emulation::Context<Director>& context, const End& message) noexcept;

    [[nodiscard]] bool is_over() const noexcept { return is_over_; }

private:
    std::span<const ClientAddress> clients_{};
    bool is_over_ = false;
};

} // namespace grafos::kv_store
