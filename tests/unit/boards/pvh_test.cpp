// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/pvh/pvh.hpp"

#include <array>

#include "core/base/bytes.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

using board::MemoryRange;

struct Entry {
    uint64_t address;
    uint64_t size;
    uint32_t type;
    uint32_t reserved = 0;
};
struct StartInfo {
    uint32_t magic = 0x336ec578;
    uint32_t version = 1;
    uint32_t flags = 0;
    uint32_t module_count = 0;
    uint64_t modules = 0;
    uint64_t command_line = 0;
    uint64_t rsdp = 0;
    uint64_t memory_map = 0;
    uint32_t count = 0;
    uint32_t reserved = 0;
};

class PvhTest : public ::testing::Test {
protected:
    void SetUp() override {
        info.memory_map = reinterpret_cast<uint64_t>(entries.data());
        info.count = 4;
    }
    Result<size_t> read() noexcept {
        return board::read_pvh_memory(reinterpret_cast<uint64_t>(&info), end, ranges);
    }
    void expect_code(ErrorCode code) noexcept {
        const Result<size_t> count = read();
        ASSERT_FALSE(count.is_ok());
        EXPECT_EQ(count.error().code, code);
    }

    StartInfo info;
    std::array<Entry, 4> entries{Entry{0, 0x9fc00, 1}, Entry{0x9fc00, 0x400, 2},
                                 Entry{0x100000, 0xff00000, 1}, Entry{UINT64_MAX - 5, 100, 1}};
    std::array<MemoryRange, 4> ranges{};
    uint64_t end = UINT64_MAX;
};

TEST_F(PvhTest, Takes_the_ram_and_nothing_else) {
    const Result<size_t> count = read();
    ASSERT_TRUE(count.is_ok());
    ASSERT_EQ(count.value(), 3u);
    EXPECT_EQ(ranges[0].end, 0x9fc00u);
    EXPECT_EQ(ranges[1].begin, 0x100000u);
    EXPECT_EQ(ranges[1].end, 0x10000000u);
    EXPECT_EQ(ranges[2].end, UINT64_MAX); // cut, not wrapped
}

TEST_F(PvhTest, Refuses_what_is_not_a_start_info) {
    info.magic = 1;
    expect_code(ErrorCode::corrupt);
    info.magic = 0x336ec578;
    info.version = 0;
    expect_code(ErrorCode::unsupported_version);
}

TEST_F(PvhTest, Follows_no_address_outside_memory) {
    end = 0x1000;
    expect_code(ErrorCode::corrupt);
    end = UINT64_MAX;
    for (const uint64_t address : {uint64_t{0}, UINT64_MAX, UINT64_MAX - 4}) {
        info.memory_map = address;
        expect_code(ErrorCode::corrupt);
    }
    EXPECT_FALSE(board::read_pvh_memory(0, end, ranges).is_ok());
}

TEST_F(PvhTest, Refuses_too_many) {
    info.count = 129;
    expect_code(ErrorCode::capacity_exceeded);
    info.count = 0xffffffff;
    expect_code(ErrorCode::capacity_exceeded);
    info.count = 4;
    const Result<size_t> count =
        board::read_pvh_memory(reinterpret_cast<uint64_t>(&info), end, std::span{ranges}.first(2));
    ASSERT_FALSE(count.is_ok());
    EXPECT_EQ(count.error().code, ErrorCode::capacity_exceeded);
}

} // namespace
} // namespace grafos::test
