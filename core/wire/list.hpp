// SPDX-License-Identifier: Apache-2.0
/// Lists in payloads: u16 count, then the entries one behind the other.
///
/// A list is walked where it lies, so that an answer of four kilobytes needs no second copy. Its
/// entries were checked when the payload was decoded, or when a `ListBuilder` put them there.
#pragma once

#include "core/wire/codec.hpp"

namespace grafos::wire {

/// What the codec sees of a list, whatever its entries are.
struct ListBytes {
    Bytes bytes{};
    uint16_t count = 0;
};

/// Entries may have different lengths, so it is walked, not indexed:
/// `for (const FenceEntry& entry : reply.fences)`. The bytes are the payload's, or a builder's.
template <typename T>
class List : public ListBytes {
public:
    using Entry = T;
    class Walker;

    [[nodiscard]] size_t size() const noexcept { return count; }
    [[nodiscard]] bool is_empty() const noexcept { return count == 0; }
    [[nodiscard]] Walker begin() const noexcept { return Walker{bytes, count}; }
    [[nodiscard]] Walker end() const noexcept { return Walker{{}, 0}; }
};

template <typename T>
class List<T>::Walker {
public:
    Walker(Bytes from, uint16_t left) noexcept : bytes_{from}, left_{left} { take(); }
    [[nodiscard]] const T& operator*() const noexcept { return entry_; }
    Walker& operator++() noexcept {
        GRAFOS_ASSERT(left_ > 0);
        left_ = static_cast<uint16_t>(left_ - 1);
        take();
        return *this;
    }
    [[nodiscard]] bool operator==(const Walker& other) const noexcept {
        return left_ == other.left_;
    }

private:
    void take() noexcept {
        if (left_ > 0) {
            bytes_ =
                bytes_.subspan(detail::take_entry(layout_of<T>, bytes_, detail::bytes_at(entry_)));
        }
    }
    Bytes bytes_;
    uint16_t left_;
    T entry_{};
};

/// Makes a list in the caller's buffer, which lives as long as the list.
template <typename T>
class ListBuilder {
public:
    explicit ListBuilder(MutableBytes buffer) noexcept : buffer_{buffer} {}

    /// Whole or not at all. Failures: as `encode`; capacity_exceeded also when the count is at its
    /// end (record_count). Context: any.
    [[nodiscard]] Result<> put(const T& entry) noexcept {
        if (count_ == UINT16_MAX) {
            return Error{ErrorCode::capacity_exceeded, Field::record_count, count_, UINT16_MAX};
        }
        GRAFOS_TRY_ASSIGN(const size_t size, encode(entry, buffer_.subspan(size_)));
        size_ += size;
        count_ = static_cast<uint16_t>(count_ + 1);
        return ok();
    }
    [[nodiscard]] List<T> list() const noexcept {
        List<T> made;
        made.bytes = buffer_.first(size_);
        made.count = count_;
        return made;
    }

private:
    MutableBytes buffer_;
    size_t size_ = 0;
    uint16_t count_ = 0;
};

} // namespace grafos::wire
