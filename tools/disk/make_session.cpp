// SPDX-License-Identifier: Apache-2.0
/// Makes what disk_test.py looks at: a disk before and after a session, and the session's write log
/// in QEMU's format.   grafos-make-session BEFORE AFTER WRITES
#include <cstdio>
#include <string>
#include <vector>

#include "core/crypto/identity.hpp"
#include "core/lease/audit/event_data.hpp"
#include "tests/support/durable_rig.hpp"

namespace grafos {

void assertion_failed(uint32_t site) noexcept {
    std::fprintf(stderr, "assertion failed: tools/site %08x\n", site);
    std::abort();
}

namespace {

constexpr size_t disk_bytes = 400 * hal::sector_bytes;

std::array<uint8_t, disk_bytes> disk;
std::array<test::BlockRecord, 2000> records;
std::array<uint8_t, 1'000'000> log_data;

bool write_file(const char* path, const std::vector<uint8_t>& bytes) {
    std::FILE* const file = std::fopen(path, "wb");
    const bool is_ok =
        file != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    return file != nullptr && std::fclose(file) == 0 && is_ok;
}

void put(std::vector<uint8_t>& bytes, uint64_t value, size_t width) {
    for (size_t i = 0; i < width; ++i) {
        bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
    }
}

std::vector<uint8_t> log_of(const test::BlockLog& log) {
    std::vector<uint8_t> bytes;
    put(bytes, 0x6a736677736872u, 8);
    put(bytes, 1, 8);
    put(bytes, log.record_count, 8);
    put(bytes, hal::sector_bytes, 4);
    bytes.resize(hal::sector_bytes);
    for (size_t i = 0; i < log.record_count; ++i) {
        const test::BlockRecord& record = log.records[i];
        const size_t size = size_t{record.sector_count} * hal::sector_bytes;
        const size_t at = bytes.size();
        put(bytes, record.sector, 8);
        put(bytes, record.sector_count, 8);
        put(bytes, record.operation == hal::BlockOperation::flush ? 1 : 0, 8);
        bytes.resize(at + hal::sector_bytes);
        const Bytes written = log.data.subspan(static_cast<size_t>(record.data_offset), size);
        bytes.insert(bytes.end(), written.begin(), written.end());
    }
    return bytes;
}

bool live(test::RamBlockDevice& device, uint64_t boot, bool is_format) {
    test::DurableRig rig{device};
    if (rig.boot() == lease::LogPhase::blank) {
        crypto::IdentitySecrets secrets{};
        secrets.signing_seed[0] = 1;
        crypto::Identity identity;
        identity.start(secrets);
        if (!rig.log.format(identity.node_id(), secrets).is_ok()) {
            return false;
        }
    }
    if (rig.settle() != lease::LogPhase::ready || is_format) {
        return is_format;
    }
    for (uint64_t i = 0; i < 24; ++i) {
        const lease::EventData data =
            i == 0 ? encode_data(lease::BootData{{boot - 1}, {}, false, {}})
                   : encode_data(lease::OverrunData{Duration{10 + i}, Duration{10}});
        lease::AuditEvent event;
        event.kind = i == 0 ? lease::EventKind::boot : lease::EventKind::turn_overrun;
        event.reason = i > 0      ? lease::Reason::none
                       : boot > 1 ? lease::Reason::restart
                                  : lease::Reason::first_boot;
        event.timestamp.ms = 1'700'000'000'000 + boot * 1000 + i;
        event.event_data = data.view();
        if (rig.append(event, i == 0 ? lease::Draw::control : lease::Draw::note).value ==
            UINT64_MAX) {
            return false;
        }
        if (i % 3 == 0 && !rig.drain()) {
            return false;
        }
        if (i == 12) {
            rig.log.request_checkpoint();
        }
    }
    return rig.drain();
}

} // namespace
} // namespace grafos

int main(int count, char** words) {
    using namespace grafos;
    if (count != 4) {
        return 2;
    }
    test::BlockLog log{records, log_data};
    {
        test::RamBlockDevice device{disk};
        if (!live(device, 0, true)) {
            return 1;
        }
    }
    if (!write_file(words[1], {disk.begin(), disk.end()})) {
        return 1;
    }
    test::RamBlockDevice device{disk, &log};
    const bool is_ok = live(device, 1, false) && live(device, 2, false) && !log.is_full;
    return is_ok && write_file(words[2], {disk.begin(), disk.end()}) &&
                   write_file(words[3], log_of(log))
               ? 0
               : 1;
}
