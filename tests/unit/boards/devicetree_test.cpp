// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/devicetree/devicetree.hpp"

#include <algorithm>
#include <array>

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using board::MemoryRange;

/// Writes a flattened tree the way a compiler of device trees does.
class TreeWriter {
public:
    TreeWriter() noexcept { structure_.fill(0); }

    TreeWriter& begin(std::string_view name) noexcept {
        word(1);
        text(name);
        return *this;
    }
    TreeWriter& end() noexcept {
        word(2);
        return *this;
    }
    TreeWriter& property(std::string_view name, std::span<const uint32_t> cells) noexcept {
        word(3);
        word(static_cast<uint32_t>(cells.size() * 4));
        word(name_offset(name));
        for (const uint32_t cell : cells) {
            word(cell);
        }
        return *this;
    }
    TreeWriter& property(std::string_view name, std::string_view value) noexcept {
        word(3);
        word(static_cast<uint32_t>(value.size() + 1));
        word(name_offset(name));
        text(value);
        return *this;
    }
    TreeWriter& word(uint32_t value) noexcept {
        store_big_endian<uint32_t>(&structure_[size_], value);
        size_ += 4;
        return *this;
    }
    /// Header, structure, names; in a buffer of exactly their size.
    MutableBytes finish() noexcept {
        word(9);
        const uint32_t names_at = static_cast<uint32_t>(40 + size_);
        const uint32_t total = names_at + static_cast<uint32_t>(names.size());
        const uint32_t header[] = {0xd00dfeed,
                                   total,
                                   40,
                                   names_at,
                                   40,
                                   17,
                                   16,
                                   0,
                                   static_cast<uint32_t>(names.size()),
                                   static_cast<uint32_t>(size_)};
        ByteWriter writer{tree_};
        for (const uint32_t field : header) {
            writer.put(field);
        }
        writer.put_bytes(Bytes{structure_}.first(size_));
        writer.put_bytes(bytes_of(names));
        return writer.written();
    }

private:
    static constexpr std::string_view names{"#address-cells\0#size-cells\0device_type\0reg\0", 43};

    static uint32_t name_offset(std::string_view name) noexcept {
        return static_cast<uint32_t>(names.find(name));
    }
    void text(std::string_view value) noexcept {
        std::copy(value.begin(), value.end(),
                  structure_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += (value.size() + 4) & ~size_t{3};
    }

    std::array<uint8_t, 1024> structure_;
    std::array<uint8_t, 2048> tree_{};
    size_t size_ = 0;
};

constexpr uint32_t two[] = {2};
constexpr uint32_t one[] = {1};

/// What QEMU's virt writes, in short.
MutableBytes virt_tree(TreeWriter& writer) noexcept {
    constexpr uint32_t uart[] = {0, 0x09000000, 0, 0x1000};
    constexpr uint32_t ram[] = {0, 0x40000000, 0, 0x10000000};
    return writer.begin("")
        .property("#size-cells", two)
        .property("#address-cells", two)
        .begin("pl011@9000000")
        .property("reg", uart)
        .end()
        .begin("memory@40000000")
        .property("reg", ram)
        .property("device_type", "memory")
        .end()
        .end()
        .finish();
}

TEST(DeviceTree, Finds_the_memory_of_the_virt_machine) {
    TreeWriter writer;
    std::array<MemoryRange, 2> ranges;
    const Result<size_t> count = board::find_memory(virt_tree(writer), ranges);
    ASSERT_TRUE(count.is_ok());
    EXPECT_EQ(count.value(), 1u);
    EXPECT_EQ(ranges[0].begin, 0x40000000u);
    EXPECT_EQ(ranges[0].end, 0x50000000u);
}

TEST(DeviceTree, Takes_several_ranges_of_several_nodes_with_small_cells) {
    constexpr uint32_t first[] = {0x1000, 0x2000, 0x8000, 0x1000};
    constexpr uint32_t second[] = {0x100000, 0x4000};
    TreeWriter writer;
    const MutableBytes tree = writer.begin("")
                                  .property("#address-cells", one)
                                  .property("#size-cells", one)
                                  .word(4)
                                  .begin("memory@1000")
                                  .property("device_type", "memory")
                                  .property("reg", first)
                                  .end()
                                  .begin("memory@100000")
                                  .property("device_type", "memory")
                                  .property("reg", second)
                                  .end()
                                  .end()
                                  .finish();
    std::array<MemoryRange, 3> ranges;
    const Result<size_t> count = board::find_memory(tree, ranges);
    ASSERT_TRUE(count.is_ok());
    ASSERT_EQ(count.value(), 3u);
    EXPECT_EQ(ranges[1].begin, 0x8000u);
    EXPECT_EQ(ranges[1].end, 0x9000u);
    EXPECT_EQ(ranges[2].begin, 0x100000u);
    const Result<size_t> full = board::find_memory(tree, std::span{ranges}.first(2));
    ASSERT_FALSE(full.is_ok());
    EXPECT_EQ(full.error().code, ErrorCode::capacity_exceeded);
}

TEST(DeviceTree, Memory_below_the_top_level_is_not_ours) {
    constexpr uint32_t ram[] = {0, 0x1000, 0, 0x1000};
    TreeWriter writer;
    const MutableBytes tree = writer.begin("")
                                  .property("#address-cells", two)
                                  .property("#size-cells", two)
                                  .begin("soc")
                                  .begin("memory@1000")
                                  .property("device_type", "memory")
                                  .property("reg", ram)
                                  .end()
                                  .end()
                                  .end()
                                  .finish();
    std::array<MemoryRange, 1> ranges;
    const Result<size_t> count = board::find_memory(tree, ranges);
    ASSERT_TRUE(count.is_ok());
    EXPECT_EQ(count.value(), 0u);
}

TEST(DeviceTree, Refuses_a_foreign_or_newer_or_oversized_header) {
    struct Case {
        size_t offset;
        uint32_t value;
        ErrorCode code;
    };
    for (const Case& c :
         {Case{0, 0xedfe0dd0, ErrorCode::corrupt},
          Case{4, 0xffffffff, ErrorCode::capacity_exceeded}, Case{4, 39, ErrorCode::corrupt},
          Case{8, 0x7fffffff, ErrorCode::corrupt}, Case{12, 0xffffffff, ErrorCode::corrupt},
          Case{24, 18, ErrorCode::unsupported_version}, Case{32, 0xffffffff, ErrorCode::corrupt},
          Case{36, 0xffffffff, ErrorCode::corrupt}}) {
        TreeWriter writer;
        const MutableBytes tree = virt_tree(writer);
        store_big_endian<uint32_t>(&tree[c.offset], c.value);
        std::array<MemoryRange, 2> ranges;
        const Result<size_t> count = board::find_memory(tree, ranges);
        ASSERT_FALSE(count.is_ok());
        EXPECT_EQ(count.error().code, c.code);
    }
}

TEST(DeviceTree, A_range_beyond_the_address_space_is_corrupt) {
    constexpr uint32_t ram[] = {0xffffffff, 0xffffff00, 0, 0x1000};
    TreeWriter writer;
    const MutableBytes tree = writer.begin("")
                                  .property("#address-cells", two)
                                  .property("#size-cells", two)
                                  .begin("memory")
                                  .property("device_type", "memory")
                                  .property("reg", ram)
                                  .end()
                                  .end()
                                  .finish();
    std::array<MemoryRange, 1> ranges;
    const Result<size_t> count = board::find_memory(tree, ranges);
    ASSERT_FALSE(count.is_ok());
    EXPECT_EQ(count.error().code, ErrorCode::corrupt);
}

TEST(DeviceTree, Every_truncation_is_answered) {
    TreeWriter writer;
    const MutableBytes tree = virt_tree(writer);
    std::array<MemoryRange, 2> ranges;
    for (size_t size = 0; size < tree.size(); ++size) {
        EXPECT_FALSE(board::find_memory(tree.first(size), ranges).is_ok());
    }
}

TEST(DeviceTree, Every_byte_with_every_value_is_answered) {
    TreeWriter writer;
    const MutableBytes tree = virt_tree(writer);
    std::array<MemoryRange, 2> ranges;
    for (uint8_t& byte : tree) {
        const uint8_t before = byte;
        for (int value = 0; value < 256; ++value) {
            byte = static_cast<uint8_t>(value);
            const Result<size_t> count = board::find_memory(tree, ranges);
            EXPECT_TRUE(!count.is_ok() || count.value() <= ranges.size());
        }
        byte = before;
    }
}

} // namespace
} // namespace grafos::test
