// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/epitaph/epitaph.hpp"

namespace grafos::board {

void encode_epitaph(const hal::Epitaph& epitaph, EpitaphSector& to) noexcept {
    namespace at = hal::epitaph_offset;
    to.fill(0);
    copy_bytes(MutableBytes{to}.subspan(at::magic), hal::epitaph_magic);
    store_big_endian<uint16_t>(&to[at::version], hal::epitaph_version);
    store_big_endian<uint16_t>(&to[at::kind], static_cast<uint16_t>(epitaph.kind));
    store_big_endian<uint16_t>(&to[at::cpu], static_cast<uint16_t>(epitaph.cpu));
    store_big_endian<uint64_t>(&to[at::boot], epitaph.boot);
    store_big_endian<uint64_t>(&to[at::cause], epitaph.cause);
    store_big_endian<uint64_t>(&to[at::pc], epitaph.pc);
    store_big_endian<uint64_t>(&to[at::sp], epitaph.sp);
    store_big_endian<uint64_t>(&to[at::fault_address], epitaph.fault_address);
    store_big_endian<uint32_t>(&to[at::site], epitaph.site);
    store_big_endian<uint32_t>(&to[at::checksum], crc32c(Bytes{to}.first(at::checksum)));
}

void put_epitaph(TextWriter& out, const hal::Epitaph& epitaph) noexcept {
    switch (epitaph.kind) {
    case hal::EpitaphKind::exception: out.put("EPITAPH exception cause=0x"); break;
    case hal::EpitaphKind::assertion: out.put("EPITAPH assertion cause=0x"); break;
    }
    out.put_hex(epitaph.cause, 16).put(" pc=0x").put_hex(epitaph.pc, 16);
    out.put(" sp=0x").put_hex(epitaph.sp, 16).put(" fault=0x").put_hex(epitaph.fault_address, 16);
    out.put(" site=0x").put_hex(epitaph.site, 8).put(" boot=").put(epitaph.boot).put("\r\n");
}

} // namespace grafos::board
