// SPDX-License-Identifier: Apache-2.0
/// The group pipeline: records are sealed into the open buffer; a closed group is written once,
/// flushed once, and then its records are anchored. Two buffers take turns, so that one fills while
/// the other is on its way.
#pragma once

#include "core/lease/audit/chain.hpp"
#include "core/lease/durable/group.hpp"
#include "core/lease/durable/transfer.hpp"

namespace grafos::lease {

class Commit {
public:
    Commit(hal::BlockDevice& device, MutableBytes group_a, MutableBytes group_b) noexcept
        : transfer_{device}, buffers_{group_a, group_b}, chain_{name_} {}
    Commit(const Commit&) = delete;
    Commit& operator=(const Commit&) = delete;

    /// Goes on at `place`, which is where the chain ends; once. Epochs below `epoch_mark` may have
    /// been used; the mark runs `epoch_chunk` ahead from here on.
    void start(const IdentityCell& identity, BootNumber boot, const GroupPlace& place,
               Epoch epoch_mark, uint64_t epoch_chunk) noexcept;

    [[nodiscard]] bool has_room(size_t record_size) const noexcept;
    /// Seals into the open group, which has room. Failures: as `ChainAssembler::seal`.
    [[nodiscard]] Result<Sequence> seal(const AuditEvent& event) noexcept;
    [[nodiscard]] uint32_t open_count() const noexcept { return open_count_; }

    [[nodiscard]] bool is_writing() const noexcept { return step_ != Step::none; }
    /// Closes the open group, which is not empty, while none is being written. Returns the sectors
    /// of the ring it takes, with those that the ring's end wastes behind it.
    uint64_t close() noexcept;
    /// At most `budget` device steps (one starts or asks), as far as the device is done at once:
    /// asked when it has just been told, it may be. done: nothing is being written (any more).
    /// Failures: io; the group then stays unanchored for ever. Context: turn.
    [[nodiscard]] Result<Progress> tick(uint32_t budget) noexcept;
    void on_device_reset() noexcept;
    [[nodiscard]] bool wants_turn() const noexcept { return transfer_.wants_turn(); }

    [[nodiscard]] const Anchor& anchor() const noexcept { return anchor_; }
    [[nodiscard]] Anchor head() const noexcept { return chain_.head(); }
    [[nodiscard]] Epoch epoch_limit() const noexcept { return epoch_limit_; }
    /// The mark that the last closed group carries.
    [[nodiscard]] Epoch epoch_mark() const noexcept { return epoch_mark_; }
    /// Where the next group goes.
    [[nodiscard]] const GroupPlace& place() const noexcept { return place_; }

    [[nodiscard]] uint64_t group_count() const noexcept { return group_count_; }
    [[nodiscard]] uint64_t record_count() const noexcept { return record_count_; }
    [[nodiscard]] uint64_t sector_count() const noexcept { return sector_count_; }

private:
    enum class Step : uint8_t { none, writing, flushing };

    /// The chain needs to know whose it is, and nothing here signs.
    class Name final : public Signer {
    public:
        NodeId id{};
        [[nodiscard]] NodeId node_id() const noexcept override { return id; }
        [[nodiscard]] Signature sign_head(Sequence, const Digest&) const noexcept override {
            return {};
        }
    };

    void submit() noexcept;
    void enter_next() noexcept;

    Transfer transfer_;
    std::array<MutableBytes, 2> buffers_;
    Name name_{};
    ChainAssembler chain_;
    DiskLayout layout_{};
    uint64_t epoch_chunk_ = 0;
    Step step_ = Step::none;
    uint8_t open_ = 0; ///< the buffer that fills; the other one is on its way
    uint32_t open_count_ = 0;
    uint32_t open_bytes_ = 0;
    Digest open_previous_{}; ///< head before the open group
    Epoch highest_epoch_{};  ///< seen in any event
    GroupHeader written_{};  ///< of the group on its way
    uint64_t written_address_ = 0;
    uint32_t written_sectors_ = 0;
    GroupPlace place_{};
    Anchor anchor_{};
    Epoch epoch_limit_{};
    Epoch epoch_mark_{};
    uint64_t group_count_ = 0;
    uint64_t record_count_ = 0;
    uint64_t sector_count_ = 0;
};

} // namespace grafos::lease
