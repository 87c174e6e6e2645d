// SPDX-License-Identifier: Apache-2.0
/// One walk over the rows for each direction. Rules are checked in one place, for both.
#include "core/wire/codec.hpp"

#include "core/lease/audit/event.hpp"
#include "core/wire/list.hpp"
#include "core/wire/parameters.hpp"

namespace grafos::wire {
namespace {

using Code = ErrorCode;

[[nodiscard]] size_t width_of(Shape shape) noexcept {
    switch (shape) {
    case Shape::u8: return 1;
    case Shape::u16: return 2;
    case Shape::u32: return 4;
    case Shape::u64: return 8;
    case Shape::fixed:
    case Shape::counted:
    case Shape::list: break;
    }
    return 0;
}

// --- rules ---

[[nodiscard]] Result<> check_multiple(const FieldLayout& field, uint64_t value,
                                      uint64_t of) noexcept {
    if (value % of != 0) {
        return Error{Code::invalid_argument, field.where, value, of};
    }
    return ok();
}

[[nodiscard]] Result<> check_reason(const FieldLayout& field, uint64_t value) noexcept {
    constexpr auto last = static_cast<uint16_t>(lease::Reason::restart_after_epitaph);
    if (value > last || !lease::is_reason(static_cast<uint16_t>(value))) {
        return Error{Code::invalid_argument, field.where, value, last};
    }
    return ok();
}

[[nodiscard]] Result<> check_number(const FieldLayout& field, uint64_t value) noexcept {
    if (value == 0 && field.rule == Rule::zero_or_range) {
        return ok();
    }
    if (value < field.least) {
        return Error{Code::invalid_argument, field.where, value, field.least};
    }
    if (value > field.most && field.most != UINT32_MAX) {
        return Error{Code::invalid_argument, field.where, value, field.most};
    }
    switch (field.rule) {
    case Rule::range:
    case Rule::zero_or_range:
    case Rule::not_zero:
    case Rule::text:
    case Rule::parameters: return ok();
    case Rule::blocks: return check_multiple(field, value, limits::block_bytes);
    case Rule::aligned: return check_multiple(field, value, 8);
    case Rule::reason: return check_reason(field, value);
    }
    GRAFOS_UNREACHABLE();
}

[[nodiscard]] Result<> check_text(const FieldLayout& field, Bytes text) noexcept {
    for (const uint8_t byte : text) {
        if (byte < ' ' || byte > '~') {
            return Error{Code::invalid_argument, field.where, byte, '~'};
        }
    }
    return ok();
}

[[nodiscard]] Result<> check_length(const FieldLayout& field, uint64_t length) noexcept {
    if (length > field.most) {
        return Error{Code::capacity_exceeded, field.where, length, field.most};
    }
    if (length < field.least) {
        return Error{Code::invalid_argument, field.where, length, field.least};
    }
    return ok();
}

/// The content of counted or fixed bytes; their length has been checked.
[[nodiscard]] Result<> check_content(const FieldLayout& field, Bytes bytes) noexcept {
    switch (field.rule) {
    case Rule::range:
    case Rule::zero_or_range:
    case Rule::aligned:
    case Rule::reason: return ok();
    case Rule::blocks: return check_multiple(field, bytes.size(), limits::block_bytes);
    case Rule::text: return check_text(field, bytes);
    case Rule::not_zero:
        if (is_all_zero(bytes)) {
            return Error{Code::invalid_argument, field.where, 0, 1};
        }
        return ok();
    case Rule::parameters: {
        const Result<LeaseParameters> read = read_parameters(bytes);
        if (!read.is_ok()) {
            return read.error();
        }
        return ok();
    }
    }
    GRAFOS_UNREACHABLE();
}

[[nodiscard]] Result<> check_tlvs(Bytes bytes) noexcept {
    if (bytes.size() > payload_tlv_bytes_max) {
        return Error{Code::capacity_exceeded, Field::tlv, bytes.size(), payload_tlv_bytes_max};
    }
    TlvReader reader{bytes};
    while (reader.next().has_value()) {}
    if (!reader.is_ok()) {
        return Error{Code::corrupt, Field::tlv, reader.offset(), bytes.size()};
    }
    return ok();
}

// --- numbers in a struct, whatever their type ---

[[nodiscard]] uint64_t load_number(Shape shape, const uint8_t* from) noexcept {
    const auto load = [from](auto number) {
        __builtin_memcpy(&number, from, sizeof(number));
        return static_cast<uint64_t>(number);
    };
    switch (shape) {
    case Shape::u8: return *from;
    case Shape::u16: return load(uint16_t{});
    case Shape::u32: return load(uint32_t{});
    case Shape::u64: return load(uint64_t{});
    case Shape::fixed:
    case Shape::counted:
    case Shape::list: break;
    }
    GRAFOS_UNREACHABLE();
}

template <typename Value>
void store(uint8_t* to, const Value& value) noexcept {
    __builtin_memcpy(to, &value, sizeof(value));
}

template <typename Value>
[[nodiscard]] Value load(const uint8_t* from) noexcept {
    Value value{};
    __builtin_memcpy(&value, from, sizeof(value));
    return value;
}

// --- from bytes ---

/// Reads rows from a payload. With a struct to fill; without one it only checks.
class Decoder {
public:
    explicit Decoder(Bytes payload) noexcept : payload_{payload} {}
    [[nodiscard]] size_t at() const noexcept { return at_; }

    /// Any row but a list.
    [[nodiscard]] Result<> take(const FieldLayout& field, uint8_t* to) noexcept {
        if (field.shape == Shape::counted) {
            return take_counted(field, to);
        }
        if (field.shape == Shape::fixed) {
            return take_fixed(field, to);
        }
        return take_number(field, to);
    }

    [[nodiscard]] Result<> take_list(const FieldLayout& field, uint8_t* to) noexcept {
        GRAFOS_TRY_ASSIGN(const Bytes counted, take_bytes(2));
        const auto count = load_big_endian<uint16_t>(counted.data());
        if (count > field.most) {
            return Error{Code::capacity_exceeded, field.where, count, field.most};
        }
        const size_t begin = at_;
        for (uint16_t i = 0; i < count; ++i) {
            GRAFOS_TRY(take_all(*field.entry, nullptr));
            if (at_ - begin > field.size) {
                return Error{Code::capacity_exceeded, Field::length, at_ - begin, field.size};
            }
        }
        store(to + field.offset, ListBytes{payload_.subspan(begin, at_ - begin), count});
        return ok();
    }

    /// All rows of an entry: it has no lists.
    [[nodiscard]] Result<> take_all(const Layout& layout, uint8_t* to) noexcept {
        for (uint16_t i = 0; i < layout.field_count; ++i) {
            GRAFOS_TRY(take(layout.fields[i], to));
        }
        return ok();
    }

private:
    [[nodiscard]] Result<Bytes> take_bytes(size_t count) noexcept {
        if (payload_.size() - at_ < count) {
            return Error{Code::corrupt, Field::length, payload_.size(), at_ + count};
        }
        const Bytes taken = payload_.subspan(at_, count);
        at_ += count;
        return taken;
    }

    [[nodiscard]] Result<> take_counted(const FieldLayout& field, uint8_t* to) noexcept {
        GRAFOS_TRY_ASSIGN(const Bytes counted, take_bytes(4));
        const auto length = load_big_endian<uint32_t>(counted.data());
        GRAFOS_TRY(check_length(field, length));
        GRAFOS_TRY_ASSIGN(const Bytes bytes, take_bytes(length));
        GRAFOS_TRY(check_content(field, bytes));
        if (to != nullptr) {
            store(to + field.offset, bytes);
        }
        return ok();
    }

    [[nodiscard]] Result<> take_fixed(const FieldLayout& field, uint8_t* to) noexcept {
        GRAFOS_TRY_ASSIGN(const Bytes bytes, take_bytes(field.size));
        GRAFOS_TRY(check_content(field, bytes));
        if (to != nullptr) {
            __builtin_memcpy(to + field.offset, bytes.data(), bytes.size());
        }
        return ok();
    }

    [[nodiscard]] Result<> take_number(const FieldLayout& field, uint8_t* to) noexcept {
        GRAFOS_TRY_ASSIGN(const Bytes bytes, take_bytes(width_of(field.shape)));
        uint64_t value = 0;
        for (const uint8_t byte : bytes) {
            value = (value << 8) | byte;
        }
        GRAFOS_TRY(check_number(field, value));
        if (to != nullptr) {
            store_number(field, value, to);
        }
        return ok();
    }

    static void store_number(const FieldLayout& field, uint64_t value, uint8_t* to) noexcept {
        uint8_t* const member = to + field.offset;
        switch (field.shape) {
        case Shape::u8: return store(member, static_cast<uint8_t>(value));
        case Shape::u16: return store(member, static_cast<uint16_t>(value));
        case Shape::u32: return store(member, static_cast<uint32_t>(value));
        case Shape::u64: return store(member, value);
        case Shape::fixed:
        case Shape::counted:
        case Shape::list: break;
        }
        GRAFOS_UNREACHABLE();
    }

    Bytes payload_;
    size_t at_ = 0;
};

// --- to bytes ---

class Encoder {
public:
    Encoder(const uint8_t* from, MutableBytes to) noexcept : from_{from}, to_{to} {}
    [[nodiscard]] size_t size() const noexcept { return size_; }

    [[nodiscard]] Result<> put(const FieldLayout& field) noexcept {
        switch (field.shape) {
        case Shape::fixed: return put_fixed(field);
        case Shape::counted: return put_counted(field);
        case Shape::list: return put_list(field);
        case Shape::u8:
        case Shape::u16:
        case Shape::u32:
        case Shape::u64: return put_number(field);
        }
        GRAFOS_UNREACHABLE();
    }

private:
    [[nodiscard]] Result<uint8_t*> room(size_t count) noexcept {
        if (to_.size() - size_ < count) {
            return Error{Code::capacity_exceeded, Field::length, size_ + count, to_.size()};
        }
        uint8_t* const at = to_.data() + size_;
        size_ += count;
        return at;
    }

    [[nodiscard]] Result<> put_bytes(Bytes bytes) noexcept {
        GRAFOS_TRY_ASSIGN(uint8_t* const at, room(bytes.size()));
        copy_bytes({at, bytes.size()}, bytes);
        return ok();
    }

    [[nodiscard]] Result<> put_number(const FieldLayout& field) noexcept {
        const uint64_t value = load_number(field.shape, from_ + field.offset);
        GRAFOS_TRY(check_number(field, value));
        const size_t width = width_of(field.shape);
        GRAFOS_TRY_ASSIGN(uint8_t* const at, room(width));
        for (size_t i = 0; i < width; ++i) {
            at[i] = static_cast<uint8_t>(value >> (8 * (width - 1 - i)));
        }
        return ok();
    }

    [[nodiscard]] Result<> put_fixed(const FieldLayout& field) noexcept {
        const Bytes bytes{from_ + field.offset, field.size};
        GRAFOS_TRY(check_content(field, bytes));
        return put_bytes(bytes);
    }

    [[nodiscard]] Result<> put_counted(const FieldLayout& field) noexcept {
        const Bytes bytes = load<Bytes>(from_ + field.offset);
        GRAFOS_TRY(check_length(field, bytes.size()));
        GRAFOS_TRY(check_content(field, bytes));
        GRAFOS_TRY_ASSIGN(uint8_t* const at, room(4));
        store_big_endian<uint32_t>(at, static_cast<uint32_t>(bytes.size()));
        return put_bytes(bytes);
    }

    /// The entries were checked when the list was made.
    [[nodiscard]] Result<> put_list(const FieldLayout& field) noexcept {
        const ListBytes list = load<ListBytes>(from_ + field.offset);
        if (list.count > field.most) {
            return Error{Code::capacity_exceeded, field.where, list.count, field.most};
        }
        if (list.bytes.size() > field.size) {
            return Error{Code::capacity_exceeded, Field::length, list.bytes.size(), field.size};
        }
        GRAFOS_TRY_ASSIGN(uint8_t* const at, room(2));
        store_big_endian<uint16_t>(at, list.count);
        return put_bytes(list.bytes);
    }

    const uint8_t* from_;
    MutableBytes to_;
    size_t size_ = 0;
};

} // namespace

namespace detail {

Result<size_t> encode_fields(const Layout& layout, const uint8_t* from, MutableBytes to) noexcept {
    Encoder encoder{from, to};
    for (uint16_t i = 0; i < layout.field_count; ++i) {
        GRAFOS_TRY(encoder.put(layout.fields[i]));
    }
    GRAFOS_ASSERT(encoder.size() >= layout.bytes_min && encoder.size() <= layout.bytes_max);
    return encoder.size();
}

Result<size_t> decode_fields(const Layout& layout, Bytes payload, uint8_t* to) noexcept {
    Decoder decoder{payload};
    for (uint16_t i = 0; i < layout.field_count; ++i) {
        const FieldLayout& field = layout.fields[i];
        GRAFOS_TRY(field.shape == Shape::list ? decoder.take_list(field, to)
                                              : decoder.take(field, to));
    }
    GRAFOS_ASSERT(decoder.at() >= layout.bytes_min && decoder.at() <= layout.bytes_max);
    GRAFOS_TRY(check_tlvs(payload.subspan(decoder.at())));
    return decoder.at();
}

size_t take_entry(const Layout& layout, Bytes from, uint8_t* to) noexcept {
    Decoder decoder{from};
    const Result<> taken = decoder.take_all(layout, to);
    GRAFOS_ASSERT(taken.is_ok());
    return decoder.at();
}

} // namespace detail

} // namespace grafos::wire
