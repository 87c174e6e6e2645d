// SPDX-License-Identifier: Apache-2.0
/// Fields that not everybody knows: tag, u16 length, value. Who does not know a tag goes on behind
/// it, so that a newer peer can say more without a new version.
///
/// There are two grammars, and they stay apart: message TLVs (u8 tag) stand behind the fields of
/// any payload; parameters of LEASE_ALLOC (u16 tag) stand in its field `parameters`.
#pragma once

#include <optional>

#include "core/base/bytes.hpp"

namespace grafos::wire {

/// Message TLVs that have a meaning today.
namespace tlv_type {
inline constexpr uint8_t explanation = 1; ///< of a refusal: printable ASCII, for people
inline constexpr uint8_t retry_after = 2; ///< of a refusal: u64 ms
} // namespace tlv_type

template <typename Tag>
struct Tagged {
    Tag tag{};
    Bytes value{};
};

/// Goes through tags one after another. What is cut ends the walk, and `is_ok()` says so.
template <typename Tag>
class TaggedReader {
public:
    explicit TaggedReader(Bytes bytes) noexcept : reader_{bytes} {}

    [[nodiscard]] std::optional<Tagged<Tag>> next() noexcept {
        if (!reader_.is_ok() || reader_.left() == 0) {
            return std::nullopt;
        }
        const Tag tag = reader_.template take<Tag>();
        const auto length = reader_.template take<uint16_t>();
        const Bytes value = reader_.take_bytes(length);
        if (!reader_.is_ok()) {
            return std::nullopt;
        }
        return Tagged<Tag>{tag, value};
    }
    [[nodiscard]] bool is_ok() const noexcept { return reader_.is_ok(); }
    /// Bytes read; after a failure, up to where it was.
    [[nodiscard]] size_t offset() const noexcept { return reader_.offset(); }

private:
    ByteReader reader_;
};

template <typename Tag>
class TaggedWriter {
public:
    explicit TaggedWriter(MutableBytes buffer) noexcept : buffer_{buffer} {}

    /// Whole or not at all. Failures: capacity_exceeded (length; value = bytes wanted, expected =
    /// bytes left). Context: any.
    [[nodiscard]] Result<> put(Tag tag, Bytes value) noexcept {
        const size_t wanted = sizeof(Tag) + 2 + value.size();
        const size_t left = buffer_.size() - size_;
        if (wanted > left || value.size() > UINT16_MAX) {
            return Error{ErrorCode::capacity_exceeded, Field::length, wanted, left};
        }
        ByteWriter writer{buffer_.subspan(size_, wanted)};
        writer.put<Tag>(tag);
        writer.template put<uint16_t>(static_cast<uint16_t>(value.size()));
        writer.put_bytes(value);
        size_ += wanted;
        return ok();
    }
    [[nodiscard]] Bytes written() const noexcept { return buffer_.first(size_); }

private:
    MutableBytes buffer_;
    size_t size_ = 0;
};

using TlvReader = TaggedReader<uint8_t>;
using TlvWriter = TaggedWriter<uint8_t>;

} // namespace grafos::wire
