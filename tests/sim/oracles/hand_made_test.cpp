// SPDX-License-Identifier: Apache-2.0
// What hand-made histories are made with, and that what was made is read as it was meant.
#include "tests/sim/oracles/hand_made.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::test {
namespace {

constexpr size_t header_bytes = 192;

void put_at(std::vector<uint8_t>& to, size_t at, Bytes bytes) {
    std::copy(bytes.begin(), bytes.end(), to.begin() + static_cast<long>(at));
}

void put_data(const HandRecord& record, uint64_t boot, Packed& data) {
    data.put<uint8_t>(1);
    switch (record.kind) {
    case LoggedKind::boot: data.put<uint64_t>(boot - 1).put<uint8_t>(4).put<uint8_t>(0); return;
    case LoggedKind::granted:
        data.put<uint16_t>(record.is_block ? 3 : 2).put(record.unit).put(record.units);
        data.put(record.units * hand_unit).put(record.ttl);
        return;
    case LoggedKind::renewed:
        data.put(static_cast<uint32_t>(record.generation)).put(record.ttl);
        return;
    case LoggedKind::released:
    case LoggedKind::expired:
    case LoggedKind::revoked:
    case LoggedKind::preempted:
        data.put(static_cast<uint32_t>(record.generation)).put(record.unit).put(record.units);
        data.put<uint64_t>(0).put<uint8_t>(0);
        return;
    case LoggedKind::fenced: data.put(record.unit).put(record.units).put<uint64_t>(0); return;
    case LoggedKind::cleared: data.put(record.fence).put(record.unit).put(record.units); return;
    case LoggedKind::trimmed: data.put(record.fence).put_bytes(Digest{}.bytes); return;
    case LoggedKind::refused:
    case LoggedKind::rewritten:
    case LoggedKind::overrun:
    case LoggedKind::adopted: return;
    }
}

} // namespace

void HandMade::append_at(const HandRecord& record, uint64_t at) {
    Packed data;
    put_data(record, boot_, data);
    std::array<uint8_t, 16> resource{};
    resource[1] = record.is_block ? 3 : 2;
    Packed bytes;
    bytes.put_bytes(bytes_of("grafos-audit-v1\n")).put_bytes(log_.head.bytes);
    bytes.put(log_.next).put(hand_unix + at).put_bytes(node_.bytes).put(boot_);
    bytes.put(static_cast<uint16_t>(record.kind));
    if (record.principal == 0) {
        bytes.put<uint32_t>(0);
    } else {
        bytes.put<uint32_t>(8).put(record.principal);
    }
    bytes.put<uint32_t>(1);
    bytes.put_bytes(ref(record.lease).bytes).put_bytes(resource).put(record.epoch);
    bytes.put(record.reason).put(static_cast<uint32_t>(data.view().size()));
    bytes.put_bytes(data.view());
    records_.insert(records_.end(), bytes.view().begin(), bytes.view().end());
    log_.head = crypto::sha256(bytes.view());
    log_.next += 1;
}

void HandMade::seal_frame(std::string_view magic, uint64_t sector, std::vector<uint8_t>& frame) {
    frame.resize((frame.size() + 511) / 512 * 512);
    Packed front;
    front.put_bytes(bytes_of(magic)).put<uint16_t>(1).put<uint16_t>(0);
    front.put(static_cast<uint32_t>(frame.size() / 512)).put(sector);
    put_at(frame, 0, front.view());
    Packed body;
    body.put(crc32c(Bytes{frame}.subspan(header_bytes)));
    put_at(frame, 184, body.view());
    Packed header;
    header.put(crc32c(Bytes{frame}.first(188)));
    put_at(frame, 188, header.view());
}

void HandMade::start_write() {
    Packed fields;
    fields.put(log_.number).put(boot_).put(mark).put(log_.first);
    fields.put_bytes(log_.previous.bytes).put_bytes(log_.head.bytes).put_bytes(node_.bytes);
    fields.put(static_cast<uint32_t>(log_.next - log_.first));
    fields.put(static_cast<uint32_t>(records_.size()));
    frame_.assign(header_bytes, 0);
    put_at(frame_, 24, fields.view());
    frame_.insert(frame_.end(), records_.begin(), records_.end());
    before_ = log_;
    before_.next = log_.first;
    before_.head = log_.previous;
    log_.sector = hand_log_first + log_.offset;
    seal_frame("grafosL1", log_.sector, frame_);
    frame_ticket_ = ++ticket_;
    say({.what = SimEvent::What::write_started,
         .number = log_.sector,
         .ticket = frame_ticket_,
         .bytes = frame_});
    const uint64_t behind = log_.offset + frame_.size() / 512;
    log_.offset = behind + hand_group_max <= hand_log_sectors ? behind : 0;
    log_.number += 1;
    log_.first = log_.next;
    log_.previous = log_.head;
    records_.clear();
}

void HandMade::end_write(bool is_ok) {
    if (is_ok) {
        put_on_disk(log_.sector, frame_);
    }
    say({.what = SimEvent::What::write_ended, .is_ok = is_ok, .ticket = frame_ticket_});
}

void HandMade::format() {
    Packed fields;
    fields.put<uint64_t>(disk_.size() / 512).put(hand_log_sectors);
    fields.put(static_cast<uint32_t>(hand_checkpoint_sectors));
    fields.put(static_cast<uint32_t>(hand_group_max)).put_bytes(node_.bytes);
    std::vector<uint8_t> frame(512);
    put_at(frame, 24, fields.view());
    seal_frame("grafosI1", 0, frame);
    put_on_disk(0, frame);
    say({.what = SimEvent::What::write_started, .number = 0, .ticket = ++ticket_, .bytes = frame});
    say({.what = SimEvent::What::write_ended, .ticket = ticket_});
    write_checkpoint(0, 1, 0);
}

void HandMade::write_checkpoint(uint64_t copy, uint64_t number, uint64_t next) {
    Packed fields;
    fields.put(number).put(boot_).put<uint64_t>(0).put<uint64_t>(0).put<uint64_t>(0);
    fields.put<uint64_t>(0).put_bytes(Digest{}.bytes).put(next).put_bytes(log_.head.bytes);
    fields.put_bytes(node_.bytes);
    std::vector<uint8_t> frame(512);
    put_at(frame, 24, fields.view());
    const uint64_t sector = 32 + copy * hand_checkpoint_sectors;
    seal_frame("grafosC1", sector, frame);
    say({.what = SimEvent::What::write_started,
         .number = sector,
         .ticket = ++ticket_,
         .bytes = frame});
    put_on_disk(sector, frame);
    say({.what = SimEvent::What::write_ended, .ticket = ticket_});
    flush();
}

uint64_t HandMade::start_block(uint64_t unit, uint64_t tag, uint64_t version, size_t size) {
    std::vector<uint8_t> bytes(size);
    if (tag != 0) {
        fill(bytes, tag, version);
    }
    say({.what = SimEvent::What::write_started,
         .number = hand_data_first + unit * hand_unit / 512,
         .ticket = ++ticket_,
         .bytes = bytes});
    return ticket_;
}

namespace {

TEST(HandMade, A_log_is_read_as_it_was_made) {
    HandMade made;
    made.boot();
    made.begin(10);
    made.grant({.lease = 1, .units = 2, .epoch = 1});
    made.end();
    made.power_off();
    made.boot(1);
    EXPECT_EQ(made.failure(), "");
    EXPECT_EQ(made.sequence(), 3u);
    EXPECT_GT(made.oracles().checks(), 40u);
}

} // namespace
} // namespace grafos::test
