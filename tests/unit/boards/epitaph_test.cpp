// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/epitaph/epitaph.hpp"

#include <array>

#include "core/lease/durable/epitaph.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

constexpr hal::Epitaph sample{
    .kind = hal::EpitaphKind::exception,
    .cpu = hal::EpitaphCpu::x86_64,
    .boot = 0x0102030405060708,
    .cause = 0x1112131415161718,
    .pc = 0x2122232425262728,
    .sp = 0x3132333435363738,
    .fault_address = 0x4142434445464748,
    .site = 0x51525354,
};

TEST(Epitaph, Has_its_fields_where_the_format_says) {
    board::EpitaphSector sector;
    board::encode_epitaph(sample, sector);
    EXPECT_TRUE(text_of(Bytes{sector}.first(8)) == "grafosE1");
    EXPECT_EQ(load_big_endian<uint16_t>(&sector[8]), 1);
    EXPECT_EQ(load_big_endian<uint16_t>(&sector[10]), 1);
    EXPECT_EQ(load_big_endian<uint16_t>(&sector[12]), 1);
    EXPECT_EQ(load_big_endian<uint64_t>(&sector[16]), sample.boot);
    EXPECT_EQ(load_big_endian<uint64_t>(&sector[24]), sample.cause);
    EXPECT_EQ(load_big_endian<uint64_t>(&sector[32]), sample.pc);
    EXPECT_EQ(load_big_endian<uint64_t>(&sector[40]), sample.sp);
    EXPECT_EQ(load_big_endian<uint64_t>(&sector[48]), sample.fault_address);
    EXPECT_EQ(load_big_endian<uint32_t>(&sector[56]), sample.site);
    EXPECT_TRUE(is_all_zero(Bytes{sector}.subspan(60, 448)));
    EXPECT_EQ(load_big_endian<uint32_t>(&sector[508]), crc32c(Bytes{sector}.first(508)));
}

TEST(Epitaph, The_next_boot_reads_what_the_last_one_wrote) {
    for (const auto kind : {hal::EpitaphKind::exception, hal::EpitaphKind::assertion}) {
        for (const auto cpu :
             {hal::EpitaphCpu::x86_64, hal::EpitaphCpu::aarch64, hal::EpitaphCpu::host}) {
            hal::Epitaph written = sample;
            written.kind = kind;
            written.cpu = cpu;
            board::EpitaphSector sector;
            board::encode_epitaph(written, sector);
            const Result<hal::Epitaph> read = lease::decode_epitaph(sector);
            ASSERT_TRUE(read.is_ok());
            EXPECT_TRUE(read.value().kind == kind && read.value().cpu == cpu);
            EXPECT_EQ(read.value().boot, sample.boot);
            EXPECT_EQ(read.value().cause, sample.cause);
            EXPECT_EQ(read.value().pc, sample.pc);
            EXPECT_EQ(read.value().sp, sample.sp);
            EXPECT_EQ(read.value().fault_address, sample.fault_address);
            EXPECT_EQ(read.value().site, sample.site);
        }
    }
}

TEST(Epitaph, Is_one_line_on_the_console) {
    std::array<char, 256> buffer;
    TextWriter text{buffer};
    board::put_epitaph(text, sample);
    EXPECT_EQ(text.text(), "EPITAPH exception cause=0x1112131415161718 pc=0x2122232425262728 "
                           "sp=0x3132333435363738 fault=0x4142434445464748 site=0x51525354 "
                           "boot=72623859790382856\r\n");
    EXPECT_FALSE(text.is_cut());
}

} // namespace
} // namespace grafos::test
