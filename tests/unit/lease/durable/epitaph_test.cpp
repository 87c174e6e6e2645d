// SPDX-License-Identifier: Apache-2.0
#include "core/lease/durable/epitaph.hpp"

#include "tests/unit/lease/durable/bad_disk.hpp"

namespace grafos::test {
namespace {

namespace at = hal::epitaph_offset;
using Sector = std::array<uint8_t, hal::epitaph_bytes>;

void sign(Sector& sector) {
    store_big_endian<uint32_t>(sector.data() + at::checksum,
                               crc32c(Bytes{sector}.first(at::checksum)));
}

Sector sample() {
    Sector sector{};
    copy_bytes(sector, hal::epitaph_magic);
    store_big_endian<uint16_t>(sector.data() + at::version, 1);
    store_big_endian<uint16_t>(sector.data() + at::kind, 2);
    store_big_endian<uint16_t>(sector.data() + at::cpu, 2);
    store_big_endian<uint64_t>(sector.data() + at::boot, 9);
    store_big_endian<uint64_t>(sector.data() + at::cause, 0x400000007);
    store_big_endian<uint64_t>(sector.data() + at::pc, 0x40201234);
    store_big_endian<uint64_t>(sector.data() + at::sp, 0x40300000);
    store_big_endian<uint64_t>(sector.data() + at::fault_address, 0xdead);
    store_big_endian<uint32_t>(sector.data() + at::site, 0xabcdef01);
    sign(sector);
    return sector;
}

TEST(Epitaph, Last_words_come_back_field_by_field) {
    const Result<hal::Epitaph> epitaph = lease::decode_epitaph(sample());
    ASSERT_TRUE(epitaph.is_ok());
    EXPECT_TRUE(epitaph.value().kind == hal::EpitaphKind::assertion);
    EXPECT_TRUE(epitaph.value().cpu == hal::EpitaphCpu::aarch64);
    EXPECT_EQ(9u, epitaph.value().boot);
    EXPECT_EQ(0x400000007u, epitaph.value().cause);
    EXPECT_EQ(0x40201234u, epitaph.value().pc);
    EXPECT_EQ(0x40300000u, epitaph.value().sp);
    EXPECT_EQ(0xdeadu, epitaph.value().fault_address);
    EXPECT_EQ(0xabcdef01u, epitaph.value().site);
}

TEST(Epitaph, A_clear_sector_means_that_nobody_died) {
    EXPECT_TRUE(lease::decode_epitaph(Sector{}).error().code == ErrorCode::not_found);
}

TEST(Epitaph, Every_flipped_bit_is_found) {
    for (size_t i = 0; i < hal::epitaph_bytes; ++i) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            Sector sector = sample();
            sector[i] = static_cast<uint8_t>(sector[i] ^ (1u << bit));
            const Error error = lease::decode_epitaph(sector).error();
            const bool is_newer = i == 8 || (i == 9 && bit > 0);
            EXPECT_TRUE(error.code == (i < 8      ? ErrorCode::foreign
                                       : is_newer ? ErrorCode::unsupported_version
                                                  : ErrorCode::corrupt))
                << i;
        }
    }
}

TEST(Epitaph, Checksummed_nonsense_is_refused_by_field) {
    const auto field_with = [](size_t offset, uint8_t value) {
        Sector sector = sample();
        sector[offset] = value;
        sign(sector);
        const Result<hal::Epitaph> epitaph = lease::decode_epitaph(sector);
        return epitaph.is_ok() ? Field::none : epitaph.error().field;
    };
    EXPECT_TRUE(field_with(at::kind + 1, 1) == Field::none);
    EXPECT_TRUE(field_with(at::kind + 1, 0) == Field::kind);
    EXPECT_TRUE(field_with(at::kind + 1, 3) == Field::kind);
    EXPECT_TRUE(field_with(at::cpu + 1, 0) == Field::name);
    EXPECT_TRUE(field_with(at::cpu + 1, 4) == Field::name);
    EXPECT_TRUE(field_with(at::version + 1, 0) == Field::version);
    EXPECT_TRUE(field_with(at::cpu + 2, 1) == Field::padding);
    EXPECT_TRUE(field_with(at::site + 4, 1) == Field::padding);
    EXPECT_TRUE(field_with(at::checksum - 1, 1) == Field::padding);
}

TEST_F(BadDisk, The_log_hands_on_what_the_boot_before_left_and_boots_whatever_that_is) {
    copy_bytes(sectors(lease::epitaph_sector), sample());
    {
        RamBlockDevice device{disk_};
        DurableRig rig{device};
        ASSERT_TRUE(rig.boot() == lease::LogPhase::ready);
        EXPECT_EQ(9u, rig.log.epitaph().value().boot);
    }
    sectors(lease::epitaph_sector)[100] ^= 1;
    RamBlockDevice device{disk_};
    DurableRig rig{device};
    ASSERT_TRUE(rig.boot() == lease::LogPhase::ready);
    EXPECT_TRUE(rig.log.epitaph().error().code == ErrorCode::corrupt);
    restore();
    EXPECT_TRUE(boot().is_ready(record_count));
}

} // namespace
} // namespace grafos::test
