// SPDX-License-Identifier: Apache-2.0
#include "examples/kv_store/store.hpp"

namespace grafos::kv_store {

Outcome Store::put(std::string_view key, std::string_view value) noexcept {
    GRAFOS_ASSERT(!key.empty());
    if (index_of(key) < count_) {
        return Outcome::key_exists; // also when the store is full: the key is there
    }
    if (count_ == entries_.size()) {
        return Outcome::store_full;
    }
    entries_[count_].key.keep(key);
    entries_[count_].value.keep(value);
    count_ += 1;
    return Outcome::ok;
}

std::optional<std::string_view> Store::get(std::string_view key) const noexcept {
    const size_t index = index_of(key);
    if (index == count_) {
        return std::nullopt;
    }
    return entries_[index].value.view();
}

Outcome Store::remove(std::string_view key) noexcept {
    const size_t index = index_of(key);
    if (index == count_) {
        return Outcome::key_not_found;
    }
    count_ -= 1;
    entries_[index] = entries_[count_]; // nobody sees an order
    return Outcome::ok;
}

size_t Store::index_of(std::string_view key) const noexcept {
    GRAFOS_ASSERT(count_ <= entries_.size());
    for (size_t i = 0; i < count_; ++i) {
        if (entries_[i].key.view() == key) {
            return i;
        }
    }
    return count_;
}

} // namespace grafos::kv_store
