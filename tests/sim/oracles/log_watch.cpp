// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/oracles/log_watch.hpp"

namespace grafos::test {

Bytes LogWatch::data() const noexcept {
    const uint64_t first = layout_.data_first() * logged_sector_bytes;
    return layout_.is_known() && first <= disk_.size() ? disk_.subspan(static_cast<size_t>(first))
                                                       : Bytes{};
}

LogWatch::Place LogWatch::place_behind(const Place& at, const LoggedGroup& group) const noexcept {
    return {at.number + 1, layout_.offset_after(at.offset + group.sectors), at.next + group.count,
            group.head};
}

// --- power ---------------------------------------------------------------------------------------

void LogWatch::on_power_off() noexcept {
    checkpoint_ = {};
}

void LogWatch::on_replaced(bool is_blank) noexcept {
    is_replaced_ = true;
    has_lied_ = false;
    is_misled_ = is_misled_ && !is_blank;
    doubts_data_ = doubts_data_ && !is_blank;
}

/// What an honest disk holds is what was acknowledged, and perhaps the group that was on its way.
void LogWatch::on_power_on() noexcept {
    const bool is_held_to_it = was_on_ && !is_replaced_ && is_trusted() && is_known_;
    doubts_data_ = doubts_data_ || has_lied_;
    const Found found = walk(!is_held_to_it);
    if (is_held_to_it) {
        const bool has_more = pending_.is_there && found.end == pending_.end;
        expect(Oracle::anchored, found.is_sure && (found.end == durable_ || has_more),
               "what was acknowledged is on the disk when power comes back");
        if (has_more) {
            book_.keep();
        } else {
            book_.drop();
        }
    }
    book_.restart();
    end_ = found.end;
    durable_ = found.end;
    boot_ = found.boot;
    mark_ = found.mark;
    boot_mark_ = mark_;
    is_known_ = found.is_sure;
    pending_ = {};
    checkpoint_ = {};
    checkpoint_number_ = found.checkpoint;
    checkpoint_sector_ = found.checkpoint_sector;
    was_on_ = true;
    begins_boot_ = true;
    has_failed_ = false;
    has_lied_ = false;
    is_replaced_ = false;
    book_.set_epochs(boot_mark_, mark_);
    book_.set_doubts(doubts_data_ || is_misled_, found.start > 0 && !is_held_to_it);
}

/// The newer of the two checkpoints says where the log begins.
bool LogWatch::find_start(Found& found) const noexcept {
    bool has_any = false;
    uint64_t newest = 0;
    for (uint64_t copy = 0; copy < 2; ++copy) {
        const uint64_t sector = layout_.checkpoint_first(copy);
        const size_t at = static_cast<size_t>(sector * logged_sector_bytes);
        const size_t size = static_cast<size_t>(layout_.checkpoint_sectors * logged_sector_bytes);
        LoggedCheckpoint cell;
        if (at + size > disk_.size() || !read_checkpoint(disk_.subspan(at, size), sector, cell) ||
            !(cell.node == layout_.node) || (has_any && cell.number < newest)) {
            continue;
        }
        has_any = true;
        newest = cell.number;
        found.end = {cell.start_number, cell.start_offset, cell.start_first, cell.start_previous};
        found.boot = cell.boot;
        found.mark = cell.epoch_mark;
        found.start = cell.start_first;
        found.checkpoint = cell.number;
        found.checkpoint_sector = sector;
    }
    return has_any;
}

/// The group that belongs there.
bool LogWatch::read_at(const Place& at, LoggedGroup& group) const noexcept {
    const uint64_t sector = layout_.log_first() + at.offset;
    const uint64_t most = layout_.log_sectors - at.offset;
    const Bytes bytes = disk_.subspan(static_cast<size_t>(sector * logged_sector_bytes),
                                      static_cast<size_t>(most * logged_sector_bytes));
    return read_group(bytes, sector, group) && group.number == at.number &&
           group.first == at.next && group.previous == at.head && group.node == layout_.node;
}

void LogWatch::check_whole() noexcept {
    Found found;
    if (!layout_.is_known() || !find_start(found)) {
        return;
    }
    bool is_linked = true;
    LoggedGroup group;
    for (uint64_t steps = 0; steps < layout_.log_sectors && read_at(found.end, group); ++steps) {
        Digest head = group.previous;
        LoggedRecord record;
        for (Bytes rest = group.records; is_linked && !rest.empty();) {
            is_linked = read_record(rest, record) && record.previous == head;
            head = record.hash;
        }
        is_linked = is_linked && head == group.head;
        found.end = place_behind(found.end, group);
    }
    findings_.expect_if(Oracle::chain, is_trusted(), is_linked && found.end == end_,
                        "the whole chain can be read back, and proves itself");
}

LogWatch::Found LogWatch::walk(bool replays) noexcept {
    Found found;
    LoggedLayout layout;
    layout_ = {};
    const bool is_ours = read_identity(disk_, 0, layout) ||
                         read_identity(disk_.subspan(8 * logged_sector_bytes), 8, layout);
    if (replays) {
        book_.forget();
    }
    if (!is_ours || layout.data_first() * logged_sector_bytes > disk_.size()) {
        return found; // blank: it will be formatted
    }
    layout_ = layout;
    found.is_sure = find_start(found);
    LoggedGroup group;
    for (uint64_t steps = 0; steps < layout_.log_sectors && read_at(found.end, group); ++steps) {
        LoggedRecord record;
        for (Bytes rest = group.records; replays && read_record(rest, record);) {
            book_.replay(record);
        }
        found.end = place_behind(found.end, group);
        found.boot = group.boot;
        found.mark = group.epoch_mark > found.mark ? group.epoch_mark : found.mark;
    }
    return found;
}

// --- what the disk was asked ---------------------------------------------------------------------

void LogWatch::on_write(uint64_t sector, Bytes bytes, uint64_t ticket) noexcept {
    if (sector == 0 || sector == 8) {
        on_identity(bytes, sector);
        return;
    }
    if (!layout_.is_known() || sector < layout_.checkpoint_first(0)) {
        return;
    }
    if (sector < layout_.log_first()) {
        on_checkpoint(sector, bytes, ticket);
    } else if (sector < layout_.data_first()) {
        on_group(sector, bytes, ticket);
    }
}

/// A disk is formatted: everything begins.
void LogWatch::on_identity(Bytes bytes, uint64_t sector) noexcept {
    LoggedLayout layout;
    if (!read_identity(bytes, sector, layout) || layout.node == layout_.node) {
        return;
    }
    layout_ = layout;
    end_ = {};
    durable_ = {};
    boot_ = 0;
    mark_ = 0;
    boot_mark_ = 0;
    is_known_ = true;
    pending_ = {};
    checkpoint_number_ = 0;
    book_.forget();
    book_.set_epochs(0, 0);
}

void LogWatch::on_group(uint64_t sector, Bytes bytes, uint64_t ticket) noexcept {
    LoggedGroup group;
    if (!read_group(bytes, sector, group)) {
        expect(Oracle::chain, is_all_zero(bytes), "what is written into the log is whole groups");
        return;
    }
    expect(Oracle::chain, group.sectors * logged_sector_bytes == bytes.size(),
           "a group is written as a whole");
    if (is_again(group, bytes, ticket)) {
        return;
    }
    expect(Oracle::anchored, !pending_.is_there, "one group is on its way at a time");
    check_place(group, sector);
    take_records(group);
    pending_ = {true,          false,        ticket,           0,
                crc32c(bytes), group.number, group.epoch_mark, place_behind(end_, group)};
    end_ = pending_.end;
    groups_ += 1;
}

/// After a device reset: the same bytes.
bool LogWatch::is_again(const LoggedGroup& group, Bytes bytes, uint64_t ticket) noexcept {
    if (!pending_.is_there || group.number != pending_.number) {
        return false;
    }
    expect(Oracle::chain, crc32c(bytes) == pending_.checksum,
           "no sequence number has two contents");
    pending_.ticket = ticket;
    pending_.is_done = false;
    pending_.flush = 0;
    return true;
}

void LogWatch::check_place(const LoggedGroup& group, uint64_t sector) noexcept {
    if (!is_known_) {
        end_ = {group.number, sector - layout_.log_first(), group.first, group.previous};
        boot_ = group.boot - (begins_boot_ ? 1 : 0);
        is_known_ = true;
    }
    const Place at{group.number, sector - layout_.log_first(), group.first, group.previous};
    expect(Oracle::chain, at == end_ && group.node == layout_.node,
           "a group goes on where the log ended");
    expect(Oracle::chain, group.boot == boot_ + (begins_boot_ ? 1 : 0),
           "each boot is one more than the one before");
    expect(Oracle::exclusion, group.epoch_mark >= mark_, "the mark of epochs never falls");
    end_ = at;
}

void LogWatch::take_records(const LoggedGroup& group) noexcept {
    Bytes rest = group.records;
    Digest head = group.previous;
    uint64_t next = group.first;
    LoggedRecord record;
    while (!rest.empty()) {
        if (!read_record(rest, record)) {
            expect(Oracle::chain, false, "a group holds records and nothing else");
            return;
        }
        expect(Oracle::chain,
               record.previous == head && record.sequence == next && record.node == group.node &&
                   record.boot == group.boot,
               "a record links to the one before");
        const bool is_boot = record.kind == LoggedKind::boot;
        expect(Oracle::chain, is_boot == begins_boot_, "a boot begins with its record");
        expect(Oracle::chain, !is_boot || record.previous_boot == boot_,
               "a boot names the one before");
        begins_boot_ = false;
        boot_ = group.boot;
        book_.take(record);
        head = record.hash;
        next += 1;
    }
    expect(Oracle::chain, head == group.head && next - group.first == group.count,
           "a group ends with its head");
}

/// Its groups come first, and it never overwrites the newest one that is durable.
void LogWatch::on_checkpoint(uint64_t sector, Bytes bytes, uint64_t ticket) noexcept {
    LoggedCheckpoint cell;
    if (!read_checkpoint(bytes, sector, cell) || cell.anchor_next == 0) {
        return; // formatting
    }
    const bool is_repeat = checkpoint_.is_there && checkpoint_.number == cell.number;
    expect(Oracle::anchored, cell.anchor_next <= durable_.next,
           "a checkpoint is written after the groups that it covers");
    expect(Oracle::chain, cell.anchor_next < durable_.next || cell.anchor == durable_.head,
           "a checkpoint names the head of its log");
    expect(Oracle::anchored, checkpoint_number_ == 0 || sector != checkpoint_sector_,
           "the newest checkpoint is never the one that is overwritten");
    expect(Oracle::chain, is_repeat || cell.number > checkpoint_number_,
           "checkpoints are numbered upward");
    checkpoint_ = {.is_there = true, .ticket = ticket, .number = cell.number};
    checkpoint_.end.offset = sector;
}

// --- what the disk said --------------------------------------------------------------------------

void LogWatch::on_write_end(uint64_t ticket, bool is_ok) noexcept {
    for (Pending* const each : {&pending_, &checkpoint_}) {
        if (each->is_there && each->ticket == ticket) {
            each->is_done = is_ok;
            has_failed_ = has_failed_ || !is_ok;
        }
    }
}

void LogWatch::on_flush(uint64_t ticket) noexcept {
    for (Pending* const each : {&pending_, &checkpoint_}) {
        if (each->is_there && each->is_done && each->flush == 0) {
            each->flush = ticket;
        }
    }
}

void LogWatch::on_flush_end(uint64_t ticket, bool is_ok) noexcept {
    for (Pending* const each : {&pending_, &checkpoint_}) {
        if (!each->is_there || each->flush != ticket) {
            continue;
        }
        each->flush = 0;
        if (!is_ok) {
            has_failed_ = true;
        } else if (each == &pending_) {
            keep();
        } else {
            checkpoint_number_ = checkpoint_.number;
            checkpoint_sector_ = checkpoint_.end.offset;
            checkpoint_ = {};
        }
    }
}

void LogWatch::keep() noexcept {
    durable_ = pending_.end;
    mark_ = pending_.mark;
    book_.set_epochs(boot_mark_, mark_);
    book_.keep();
    pending_ = {};
}

void LogWatch::on_reset() noexcept {
    pending_.is_done = false;
    pending_.flush = 0;
    checkpoint_ = {};
}

void LogWatch::on_anchored(uint64_t next, Bytes head) noexcept {
    expect(Oracle::anchored, next <= durable_.next, "what is called durable was flushed");
    expect(Oracle::chain, next != durable_.next || is_equal(head, durable_.head.view()),
           "a log's head is that of its last durable record");
}

} // namespace grafos::test
