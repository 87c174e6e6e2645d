// SPDX-License-Identifier: Apache-2.0
/// The table of holdings: slots, stale-safe handles, look-up by lease id, and the queue of those
/// that something is to be done for.
#pragma once

#include <span>

#include "core/fabric/holding.hpp"
#include "core/fabric/remote_grantor.hpp"
#include "core/lease/table/hash_index.hpp"

namespace grafos::fabric {

class Holdings final : public TokenBook {
public:
    static constexpr uint32_t none = UINT32_MAX;

    struct Storage {
        std::span<Holding> slots;
        std::span<uint32_t> free; ///< as many
        std::span<uint32_t> work; ///< as many
        std::span<lease::HashIndex::Entry> index;
    };
    constexpr explicit Holdings(const Storage& storage) noexcept : storage_{storage} {}
    Holdings(const Holdings&) = delete;
    Holdings& operator=(const Holdings&) = delete;

    /// Once, before anything else.
    void start() noexcept;

    /// A slot for a new holding, in phase `acquiring`. Failures: capacity_exceeded (slot).
    [[nodiscard]] Result<HoldingHandle> take() noexcept;
    void give_back(Holding& holding) noexcept;

    /// Null: stale.
    [[nodiscard]] Holding* find(HoldingHandle handle) noexcept;
    [[nodiscard]] Holding* find(const LeaseId& lease) noexcept;
    [[nodiscard]] HoldingHandle handle_of(const Holding& holding) const noexcept;
    [[nodiscard]] const lease::Token* token_of(const LeaseId& lease) const noexcept override;

    /// From now on it is found by its lease's id, which nobody else here has.
    void add_lease(Holding& holding) noexcept;
    void remove_lease(Holding& holding) noexcept;

    /// The queue: whoever is in it is in it once.
    void add_work(Holding& holding) noexcept;
    [[nodiscard]] Holding* take_work() noexcept; ///< null: none
    [[nodiscard]] uint32_t work_count() const noexcept { return work_count_; }

    [[nodiscard]] std::span<Holding> slots() noexcept { return storage_.slots; }
    [[nodiscard]] uint32_t count() const noexcept {
        return static_cast<uint32_t>(storage_.slots.size()) - free_count_;
    }

private:
    [[nodiscard]] uint32_t slot_of(const Holding& holding) const noexcept;
    [[nodiscard]] uint32_t find_slot(const LeaseId& lease) const noexcept;

    Storage storage_;
    lease::HashIndex index_{};
    uint32_t free_count_ = 0;
    uint32_t work_first_ = 0;
    uint32_t work_count_ = 0;
};

} // namespace grafos::fabric
