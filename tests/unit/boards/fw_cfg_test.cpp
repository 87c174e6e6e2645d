// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/fw_cfg/fw_cfg.hpp"

#include <array>

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

/// The device: what each key holds, and where reading stands.
struct FakeDevice {
    Bytes signature;
    std::array<uint8_t, 4 + 3 * 64> directory{};
    Bytes file;
    Bytes selected;
    size_t at = 0;
};
FakeDevice device;

void select_key(uint16_t key) noexcept {
    device.at = 0;
    device.selected = key == 0 ? device.signature : Bytes{};
    if (key == 0x19) {
        device.selected = device.directory;
    }
    if (key == 0x21) {
        device.selected = device.file;
    }
}
uint8_t read_next() noexcept {
    return device.at < device.selected.size() ? device.selected[device.at++] : 0;
}
constexpr board::FwCfgPort port{select_key, read_next};

class FwCfgTest : public ::testing::Test {
protected:
    void SetUp() override {
        device = {};
        device.signature = bytes_of("QEMU");
        device.file = bytes_of("name=alpha");
        ByteWriter writer{device.directory};
        writer.put<uint32_t>(3);
        put_entry(writer, 99, 0x20, "opt/grafos/arg");
        put_entry(writer, 99, 0x22, "opt/grafos/args2");
        put_entry(writer, 10, 0x21, "opt/grafos/args");
    }
    static void put_entry(ByteWriter& writer, uint32_t size, uint16_t key,
                          std::string_view name) noexcept {
        writer.put(size);
        writer.put(key);
        writer.put<uint16_t>(0);
        std::array<uint8_t, 56> padded{};
        copy_bytes(padded, bytes_of(name));
        writer.put_bytes(padded);
    }
    void expect_code(ErrorCode code) noexcept {
        const Result<size_t> size = board::read_fw_cfg_file(port, "opt/grafos/args", buffer);
        ASSERT_FALSE(size.is_ok());
        EXPECT_EQ(size.error().code, code);
    }

    std::array<uint8_t, 16> buffer{};
};

TEST_F(FwCfgTest, Finds_the_file_by_its_whole_name) {
    const Result<size_t> size = board::read_fw_cfg_file(port, "opt/grafos/args", buffer);
    ASSERT_TRUE(size.is_ok());
    EXPECT_EQ(size.value(), 10u);
    EXPECT_TRUE(text_of(Bytes{buffer}.first(10)) == "name=alpha");
}

TEST_F(FwCfgTest, Answers_not_found_without_device_or_file) {
    device.signature = bytes_of("QEMV");
    expect_code(ErrorCode::not_found);
    device.signature = {};
    expect_code(ErrorCode::not_found);
    device.signature = bytes_of("QEMU");
    store_big_endian<uint32_t>(device.directory.data(), 2);
    expect_code(ErrorCode::not_found);
}

TEST_F(FwCfgTest, Refuses_a_file_or_directory_beyond_its_bounds) {
    store_big_endian<uint32_t>(&device.directory[4 + 2 * 64], 17);
    expect_code(ErrorCode::capacity_exceeded);
    store_big_endian<uint32_t>(device.directory.data(), board::fw_cfg_files_max + 1);
    expect_code(ErrorCode::capacity_exceeded);
}

} // namespace
} // namespace grafos::test
