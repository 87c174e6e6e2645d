// SPDX-License-Identifier: Apache-2.0
/// The three codecs that walk the description of a layout: one counts, one writes, one reads. Only
/// event_data.cpp describes layouts.
#pragma once

#include <type_traits>

#include "core/lease/audit/event_data.hpp"

namespace grafos::lease::event_codec {

/// Turns every kind of field into one unsigned integer of its own width, and hands it to
/// `Derived::integer`.
template <typename Derived>
class Codec {
public:
    template <typename Integer>
        requires std::is_unsigned_v<Integer>
    constexpr void field(Integer& value) noexcept {
        self().integer(value);
    }
    template <typename Enum>
        requires std::is_enum_v<Enum>
    constexpr void field(Enum& value) noexcept {
        auto number = static_cast<std::underlying_type_t<Enum>>(value);
        self().integer(number);
        value = static_cast<Enum>(number); // checked by `check` before anybody switches on it
    }
    template <typename Tag, typename Integer>
    constexpr void field(StrongNumber<Tag, Integer>& number) noexcept {
        self().integer(number.value);
    }
    constexpr void field(Duration& duration) noexcept { self().integer(duration.ms); }
    constexpr void field(Extent& extent) noexcept {
        self().integer(extent.first_unit);
        self().integer(extent.unit_count);
    }
    constexpr void field(Digest& digest) noexcept {
        for (uint8_t& byte : digest.bytes) {
            self().integer(byte);
        }
    }

private:
    constexpr Derived& self() noexcept { return static_cast<Derived&>(*this); }
};

class Counter : public Codec<Counter> {
public:
    template <typename Integer>
    constexpr void integer(Integer&) noexcept {
        size_ += sizeof(Integer);
    }
    [[nodiscard]] constexpr size_t size() const noexcept { return size_; }

private:
    size_t size_ = 0;
};

/// Writes without asking for room: the counter has measured the layout at compile time.
class Writer : public Codec<Writer> {
public:
    explicit Writer(uint8_t* to) noexcept : at_{to} {}
    template <typename Integer>
    void integer(Integer& value) noexcept {
        store_big_endian<Integer>(at_, value);
        at_ += sizeof(Integer);
    }
    [[nodiscard]] const uint8_t* end() const noexcept { return at_; }

private:
    uint8_t* at_;
};

/// Reads without asking: `check_frame` has compared the size with the counter's.
class Reader : public Codec<Reader> {
public:
    explicit Reader(const uint8_t* from) noexcept : at_{from} {}
    template <typename Integer>
    void integer(Integer& value) noexcept {
        value = load_big_endian<Integer>(at_);
        at_ += sizeof(Integer);
    }
    [[nodiscard]] const uint8_t* end() const noexcept { return at_; }

private:
    const uint8_t* at_;
};

} // namespace grafos::lease::event_codec
