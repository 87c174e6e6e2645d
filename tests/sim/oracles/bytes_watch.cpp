// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/oracles/bytes_watch.hpp"

namespace grafos::test {
namespace {

constexpr size_t cell_bytes = 16; ///< tag, version
constexpr uint64_t turns_a_unit = 4;
/// What comes for a lease that is over mostly comes so soon.
constexpr Duration late_most{3'000};
/// What its one holder has never used changes by mistake only: if there is more of it than this,
/// the rest is looked at in rotation, a unit a turn, and a mistake is seen later.
constexpr size_t idle_scans_most = 8;

[[nodiscard]] uint64_t word_at(Bytes bytes, size_t at) noexcept {
    return load_little_endian<uint64_t>(bytes.data() + at);
}

} // namespace

void BytesWatch::on_power_on() noexcept {
    copy_bytes(shadow_, memory_); // memory outlives a reset
    on_reset();
    locks_.forget();
    wiped_ = 0;
}

Bytes BytesWatch::shadow_of(uint64_t unit, uint64_t count) const noexcept {
    const uint64_t size = book_.resource(0).unit_bytes;
    return Bytes{shadow_}.subspan(static_cast<size_t>(unit * size),
                                  static_cast<size_t>(count * size));
}

// --- memory --------------------------------------------------------------------------------------

void BytesWatch::on_turn_end(Instant node, bool was_woken) noexcept {
    const BookResource& memory = book_.resource(0);
    if (memory.unit_count == 0) {
        return;
    }
    turns_ += 1;
    const bool is_rotation = turns_ % turns_a_unit == 0;
    const bool has_leases = book_.sums().live[0] > 0 && (was_woken || is_rotation);
    size_t idle_left = idle_scans_most;
    for (BookLease& lease : book_.leases()) {
        if (!has_leases || !lease.is_live() || lease.resource != 0) {
            continue;
        }
        const bool is_idle = lease.is_tagged() && !lease.has_begun && lease.is_seen;
        const bool is_skipped = is_idle && idle_left == 0;
        idle_left -= is_idle && idle_left > 0 ? 1u : 0u;
        if ((was_woken && !is_skipped) || lease.first == rotation_) {
            scan_lease(lease, node);
        }
    }
    for (uint64_t index = 0; index < memory.unit_count; ++index) {
        const BookUnit& unit = memory.units[index];
        const bool may_be_late = was_woken && node < saturating_add(unit.wipe_from, late_most);
        if (unit.must_zero && (may_be_late || !unit.is_blank)) {
            scan_unit_of_nobody(index, node);
        }
    }
    if (!is_rotation) {
        return;
    }
    rotation_ = rotation_ + 1 < memory.unit_count ? rotation_ + 1 : 0;
    if (memory.units[rotation_].lease == 0) {
        scan_unit_of_nobody(rotation_, node);
    }
}

/// What was blank stays so; what was not may only lose bytes.
void BytesWatch::scan_unit_of_nobody(uint64_t index, Instant node) noexcept {
    BookUnit& unit = book_.resource(0).units[index];
    const Bytes now = book_.resource(0).bytes_of(index);
    const Bytes before = shadow_of(index, 1);
    if (is_equal(now, before)) {
        unit.is_blank = unit.is_blank || is_all_zero(now);
        return;
    }
    bool only_wiped = true;
    for (size_t at = 0; at + 8 <= now.size(); at += 8) {
        const uint64_t word = word_at(now, at);
        only_wiped = only_wiped && (word == 0 || word == word_at(before, at));
    }
    expect(Oracle::authority, only_wiped || node <= unit.used_until,
           "nothing is written to memory that nobody leases");
    expect(Oracle::authority, node >= unit.wipe_from,
           "nothing is wiped before nobody can believe in its lease any more");
    copy_bytes(shadow_.subspan(static_cast<size_t>(index) * now.size()), now);
    unit.is_blank = is_all_zero(now);
}

void BytesWatch::scan_lease(BookLease& lease, Instant node) noexcept {
    const Bytes now = book_.resource(0).bytes_of(lease.first, lease.count);
    const Bytes before = shadow_of(lease.first, lease.count);
    const MutableBytes shadow = shadow_.subspan(
        static_cast<size_t>(lease.first * book_.resource(0).unit_bytes), now.size());
    if (!lease.is_seen) { // it was granted all zero
        lease.is_seen = true;
        zero_bytes(shadow);
    }
    if (is_equal(now, before)) {
        return;
    }
    uint64_t newest = lease.version;
    for (size_t at = 0; at + cell_bytes <= now.size(); at += cell_bytes) {
        const Bytes cell = now.subspan(at, cell_bytes);
        if (is_equal(cell, before.subspan(at, cell_bytes))) {
            continue;
        }
        if (is_all_zero(cell)) { // programs that say what they write write none; others might
            if (lease.is_tagged()) {
                on_vanished(lease, node);
            }
            continue;
        }
        on_access(lease, node);
        if (lease.is_tagged()) {
            take_cell(lease, at, cell, newest);
        }
    }
    lease.version = newest;
    if (!lease.is_tagged() && lease.holders > 0) {
        locks_.look(lease.epoch, now, node);
    }
    copy_bytes(shadow, now);
}

void BytesWatch::on_access(BookLease& lease, Instant node) noexcept {
    lease.last_access = node;
    lease.was_accessed = true;
    expect(Oracle::authority, !lease.is_wiped, "no access is accepted once a wipe has begun");
}

/// Then its end comes with the next group, or was late.
void BytesWatch::on_vanished(BookLease& lease, Instant node) noexcept {
    lease.wiped_from = lease.is_wiped ? lease.wiped_from : node;
    lease.is_wiped = true;
}

void BytesWatch::take_cell(BookLease& lease, uint64_t offset, Bytes cell,
                           uint64_t& newest) noexcept {
    if (lease.word_at != 0 && lease.word_at / cell_bytes == offset / cell_bytes) {
        take_word(lease, word_at(cell, static_cast<size_t>(lease.word_at % cell_bytes)));
        return;
    }
    const uint64_t version = word_at(cell, 8);
    expect(Oracle::authority, word_at(cell, 0) == lease.tag,
           "what is written in a lease is its holder's");
    expect(Oracle::at_most_once, version > lease.version,
           "a write takes effect once, in its turn among the program's");
    newest = version > newest ? version : newest;
}

void BytesWatch::take_word(BookLease& lease, uint64_t word) noexcept {
    expect(Oracle::at_most_once, word == lease.word + 1, "an exchange takes effect once");
    lease.word = word;
}

// --- blocks --------------------------------------------------------------------------------------

size_t BytesWatch::in_flight() const noexcept {
    size_t count = 0;
    for (const Write& write : writes_) {
        count += write.ticket != 0 ? 1u : 0u;
    }
    return count;
}

void BytesWatch::on_write(uint64_t at, Bytes bytes, uint64_t ticket, Instant node) noexcept {
    const bool is_zero = is_all_zero(bytes);
    for (Write& write : writes_) {
        if (write.ticket == 0) {
            write = {ticket, at, bytes.size(), is_zero};
            break;
        }
    }
    const BookResource& blocks = book_.resource(1);
    if (blocks.unit_bytes == 0) {
        return; // formatting
    }
    if (is_zero) {
        on_wipe(at, bytes.size(), node);
        return;
    }
    const uint64_t unit = at / blocks.unit_bytes;
    BookLease* const lease = unit < blocks.unit_count ? book_.owner(1, unit) : nullptr;
    const bool is_in_one =
        lease != nullptr && lease->is_live() &&
        (at + bytes.size() - 1) / blocks.unit_bytes < lease->first + lease->count;
    expect(Oracle::authority, is_in_one, "a block that is written belongs to a live lease");
    if (!is_in_one) {
        return;
    }
    on_access(*lease, node);
    if (lease->is_tagged()) {
        const uint64_t version = word_at(bytes, 8);
        expect(Oracle::authority, word_at(bytes, 0) == lease->tag,
               "what is written in a lease is its holder's");
        expect(Oracle::at_most_once, version > lease->version,
               "a write takes effect once, in its turn among the program's");
        lease->version = version;
    }
}

/// Nothing of the lease is in flight any more, and nobody has the units.
void BytesWatch::on_wipe(uint64_t at, uint64_t size, Instant node) noexcept {
    BookResource& blocks = book_.resource(1);
    wiped_ += size;
    for (uint64_t unit = at / blocks.unit_bytes;
         unit <= (at + size - 1) / blocks.unit_bytes && unit < blocks.unit_count; ++unit) {
        BookLease* const lease = book_.owner(1, unit);
        if (lease != nullptr && (lease->is_tagged() || lease->holders == 0)) {
            on_vanished(*lease, node);
        }
        const uint64_t front = unit * blocks.unit_bytes;
        if (at <= front && front < at + size) {
            blocks.units[unit].wipe = {.from = node};
        }
        expect(Oracle::authority, lease != nullptr || node >= blocks.units[unit].wipe_from,
               "nothing is wiped before nobody can believe in its lease any more");
    }
    for (const Write& write : writes_) {
        const bool overlaps = write.ticket != 0 && !write.is_zero && write.at < at + size &&
                              at < write.at + write.size;
        expect(Oracle::residue, !overlaps, "what is in flight is over before a wipe begins");
    }
}

void BytesWatch::add_to_wipe(BookUnit& unit, uint64_t bytes, uint64_t unit_bytes) noexcept {
    unit.wipe.bytes += bytes;
    unit.wipe.last = zero_writes_;
    if (unit.wipe.bytes >= unit_bytes) {
        unit.wiped = unit.wipe;
    }
}

void BytesWatch::on_write_end(uint64_t ticket, bool is_ok) noexcept {
    BookResource& blocks = book_.resource(1);
    for (Write& write : writes_) {
        if (write.ticket != ticket) {
            continue;
        }
        const Write done = write;
        write = {};
        if (!done.is_zero || !is_ok || blocks.unit_bytes == 0) {
            return;
        }
        zero_writes_ += 1;
        for (uint64_t byte = done.at; byte < done.at + done.size;) {
            const uint64_t unit = byte / blocks.unit_bytes;
            const uint64_t end = (unit + 1) * blocks.unit_bytes;
            const uint64_t upto = end < done.at + done.size ? end : done.at + done.size;
            if (unit < blocks.unit_count) {
                add_to_wipe(blocks.units[unit], upto - byte, blocks.unit_bytes);
            }
            byte = upto;
        }
        return;
    }
}

void BytesWatch::on_flush(uint64_t ticket) noexcept {
    for (Flush& flush : flushes_) {
        if (flush.ticket == 0) {
            flush = {ticket, zero_writes_};
            return;
        }
    }
}

void BytesWatch::on_flush_end(uint64_t ticket, bool is_ok) noexcept {
    for (Flush& flush : flushes_) {
        if (flush.ticket != ticket) {
            continue;
        }
        if (is_ok && flush.covers > flushed_) {
            flushed_ = flush.covers;
            book_.set_flushed(flushed_);
        }
        flush = {};
        return;
    }
}

// --- reads ---------------------------------------------------------------------------------------

void BytesWatch::check_read(const BookLease& lease, uint64_t offset, Bytes bytes) noexcept {
    const bool is_sure = lease.resource == 0 || !book_.doubts_blocks();
    bool is_own = true;
    for (size_t at = 0; at + cell_bytes <= bytes.size(); at += cell_bytes) {
        const bool is_word =
            lease.word_at != 0 && lease.word_at / cell_bytes == (offset + at) / cell_bytes;
        const uint64_t tag = word_at(bytes, at);
        is_own =
            is_own && (is_word || tag == lease.tag || (tag == 0 && word_at(bytes, at + 8) == 0));
    }
    findings_.expect_if(Oracle::residue, is_sure, is_own,
                        "what is read in a lease is zero or its own");
}

} // namespace grafos::test
