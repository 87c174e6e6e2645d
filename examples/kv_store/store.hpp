// SPDX-License-Identifier: Apache-2.0
/// A map from text to text with room for so many keys, and not one more.
///
/// Nothing is allocated and nothing is pushed out: a full store says so and stays as it is. A
/// search goes through all entries; with a few dozen that is as fast as anything cleverer, and can
/// be read at a glance.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "examples/kv_store/messages.hpp"

namespace grafos::kv_store {

/// Text of at most so many bytes, kept.
template <size_t bytes_max>
class Kept {
public:
    void keep(std::string_view text) noexcept {
        GRAFOS_ASSERT(text.size() <= bytes_max);
        copy_bytes(MutableBytes{bytes_}, bytes_of(text));
        size_ = text.size();
    }
    [[nodiscard]] std::string_view view() const noexcept {
        return text_of(Bytes{bytes_}.first(size_));
    }

private:
    std::array<uint8_t, bytes_max> bytes_{};
    size_t size_ = 0;
};

class Store {
public:
    struct Entry {
        Kept<key_bytes_max> key{};
        Kept<value_bytes_max> value{};
    };

    /// Empty; has room for as many keys as there are entries.
    explicit Store(std::span<Entry> entries) noexcept : entries_{entries} {}
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    /// ok, or key_exists or store_full: then nothing has changed. Context: turn.
    [[nodiscard]] Outcome put(std::string_view key, std::string_view value) noexcept;
    /// Empty: there is no such key. The view is good until the next change.
    [[nodiscard]] std::optional<std::string_view> get(std::string_view key) const noexcept;
    /// ok, or key_not_found: then nothing has changed.
    [[nodiscard]] Outcome remove(std::string_view key) noexcept;

    [[nodiscard]] size_t count() const noexcept { return count_; }
    [[nodiscard]] size_t capacity() const noexcept { return entries_.size(); }

private:
    /// Of its entry; `count_`: none.
    [[nodiscard]] size_t index_of(std::string_view key) const noexcept;

    std::span<Entry> entries_;
    size_t count_ = 0;
};

template <size_t keys_max>
class StoreOf final : public Store {
public:
    StoreOf() noexcept : Store{entries_} {}

private:
    std::array<Entry, keys_max> entries_{};
};

} // namespace grafos::kv_store
