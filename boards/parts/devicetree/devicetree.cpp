// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/devicetree/devicetree.hpp"

namespace grafos::board {

namespace {

constexpr uint32_t magic = 0xd00dfeed;
constexpr uint32_t version_known = 17;
constexpr size_t header_bytes = 40;
constexpr uint32_t depth_max = 32;

enum class Token : uint32_t { begin_node = 1, end_node = 2, property = 3, nop = 4, end = 9 };

constexpr bool is_token(uint32_t token) noexcept {
    return (token >= 1 && token <= 4) || token == 9;
}

struct Tree {
    Bytes structure;
    Bytes names;
};

/// A node's properties, collected until its first child or its end.
struct Node {
    bool is_memory = false;
    Bytes ranges;
};

constexpr Error bad(Field field, uint64_t value, uint64_t expected) noexcept {
    return Error{ErrorCode::corrupt, field, value, expected};
}

Result<Tree> open(Bytes bytes) noexcept {
    GRAFOS_TRY_ASSIGN(const size_t size, device_tree_size(bytes));
    if (size < header_bytes || size > bytes.size()) {
        return bad(Field::length, size, bytes.size());
    }
    ByteReader header{bytes.first(header_bytes)};
    (void)header.take_bytes(8);
    const uint32_t structure_offset = header.take<uint32_t>();
    const uint32_t names_offset = header.take<uint32_t>();
    (void)header.take<uint32_t>(); // memory reservations: none of ours
    (void)header.take<uint32_t>(); // version of the writer
    const uint32_t compatible_version = header.take<uint32_t>();
    (void)header.take<uint32_t>(); // boot CPU
    const uint32_t names_size = header.take<uint32_t>();
    const uint32_t structure_size = header.take<uint32_t>();
    if (compatible_version > version_known) {
        return Error{ErrorCode::unsupported_version, Field::version, compatible_version,
                     version_known};
    }
    if (structure_offset > size || structure_size > size - structure_offset) {
        return bad(Field::offset, structure_offset, size);
    }
    if (names_offset > size || names_size > size - names_offset) {
        return bad(Field::offset, names_offset, size);
    }
    return Tree{bytes.subspan(structure_offset, structure_size),
                bytes.subspan(names_offset, names_size)};
}

/// The zero-terminated text at the start of `bytes`; the rest of `bytes` if no zero comes.
std::string_view text_at(Bytes bytes) noexcept {
    size_t size = 0;
    while (size < bytes.size() && bytes[size] != 0) {
        ++size;
    }
    return text_of(bytes.first(size));
}

void skip_padding(ByteReader& reader) noexcept {
    const size_t over = reader.offset() % 4;
    if (over != 0) {
        (void)reader.take_bytes(4 - over);
    }
}

struct Cells {
    uint32_t address = 2;
    uint32_t size = 1; // the specification's defaults

    [[nodiscard]] bool are_known() const noexcept {
        return (address == 1 || address == 2) && (size == 1 || size == 2);
    }
};

uint64_t take_cells(ByteReader& reader, uint32_t count) noexcept {
    return count == 2 ? reader.take<uint64_t>() : reader.take<uint32_t>();
}

Result<size_t> add_ranges(const Node& node, Cells cells, std::span<MemoryRange> ranges,
                          size_t count) noexcept {
    if (!cells.are_known()) {
        return Error{ErrorCode::unsupported, Field::unit_size, cells.address, cells.size};
    }
    const size_t entry_bytes = size_t{4} * (cells.address + cells.size);
    if (node.ranges.size() % entry_bytes != 0) {
        return bad(Field::length, node.ranges.size(), entry_bytes);
    }
    ByteReader reader{node.ranges};
    while (reader.left() >= entry_bytes) {
        const uint64_t begin = take_cells(reader, cells.address);
        const uint64_t size = take_cells(reader, cells.size);
        if (size > UINT64_MAX - begin) {
            return bad(Field::address, begin, size);
        }
        if (count == ranges.size()) {
            return Error{ErrorCode::capacity_exceeded, Field::memory, count + 1, ranges.size()};
        }
        ranges[count] = {begin, begin + size};
        ++count;
    }
    return count;
}

} // namespace

Result<size_t> device_tree_size(Bytes header) noexcept {
    ByteReader reader{header};
    const uint32_t found = reader.take<uint32_t>();
    const uint32_t size = reader.take<uint32_t>();
    if (!reader.is_ok() || found != magic) {
        return bad(Field::magic, found, magic);
    }
    if (size > device_tree_bytes_max) {
        return Error{ErrorCode::capacity_exceeded, Field::length, size, device_tree_bytes_max};
    }
    return size_t{size};
}

Result<size_t> find_memory(Bytes tree, std::span<MemoryRange> ranges) noexcept {
    GRAFOS_TRY_ASSIGN(const Tree parts, open(tree));
    ByteReader reader{parts.structure};
    Cells cells;
    Node node;
    uint32_t depth = 0;
    size_t count = 0;
    // Every pass takes at least one token, so the structure's length bounds the loop.
    while (reader.left() >= 4) {
        const uint32_t token = reader.take<uint32_t>();
        if (!is_token(token)) {
            return bad(Field::kind, token, static_cast<uint64_t>(Token::end));
        }
        switch (static_cast<Token>(token)) {
        case Token::begin_node: {
            const std::string_view name = text_at(parts.structure.subspan(reader.offset()));
            (void)reader.take_bytes(name.size() + 1);
            skip_padding(reader);
            depth += 1;
            if (depth > depth_max) {
                return bad(Field::copy, depth, depth_max);
            }
            if (depth == 2) {
                node = Node{};
            }
            break;
        }
        case Token::end_node: {
            if (depth == 0) {
                return bad(Field::copy, 0, 1);
            }
            if (depth == 2 && node.is_memory) {
                GRAFOS_TRY_ASSIGN(count, add_ranges(node, cells, ranges, count));
            }
            depth -= 1;
            break;
        }
        case Token::property: {
            const uint32_t size = reader.take<uint32_t>();
            const uint32_t name_offset = reader.take<uint32_t>();
            const Bytes value = reader.take_bytes(size);
            skip_padding(reader);
            if (!reader.is_ok() || name_offset > parts.names.size()) {
                return bad(Field::name, name_offset, parts.names.size());
            }
            const std::string_view name = text_at(parts.names.subspan(name_offset));
            if (depth == 1 && size == 4 && name == "#address-cells") {
                cells.address = load_big_endian<uint32_t>(value.data());
            } else if (depth == 1 && size == 4 && name == "#size-cells") {
                cells.size = load_big_endian<uint32_t>(value.data());
            } else if (depth == 2 && name == "device_type") {
                node.is_memory = text_at(value) == "memory";
            } else if (depth == 2 && name == "reg") {
                node.ranges = value;
            }
            break;
        }
        case Token::nop: break;
        case Token::end: return count;
        }
        if (!reader.is_ok()) {
            return bad(Field::length, reader.offset(), parts.structure.size());
        }
    }
    return bad(Field::length, reader.offset(), parts.structure.size());
}

} // namespace grafos::board
