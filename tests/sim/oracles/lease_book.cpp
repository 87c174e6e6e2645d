// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/oracles/lease_book.hpp"

#include "core/base/limits.hpp"

namespace grafos::test {
namespace {

constexpr uint8_t no_resource = 255;

[[nodiscard]] uint8_t resource_of(const LoggedRecord& record) noexcept {
    return record.resource_kind == 2 ? 0 : record.resource_kind == 3 ? 1 : no_resource;
}

} // namespace

void LeaseBook::set_shape(size_t resource, uint64_t unit_bytes, uint64_t unit_count,
                          Bytes bytes) noexcept {
    BookResource& at = resources_[resource];
    const bool fits = unit_count <= BookResource::units_most &&
                      (unit_bytes == 0 || unit_count <= bytes.size() / unit_bytes);
    expect(Oracle::conservation, fits, "all units lie in what was lent");
    if (fits) {
        at.unit_bytes = unit_bytes;
        at.unit_count = unit_count;
        at.bytes = bytes;
    }
}

BookLease* LeaseBook::find(const LeaseRef& ref) noexcept {
    for (BookLease& lease : leases_) {
        if (lease.state != BookLease::State::none && lease.ref == ref) {
            return &lease;
        }
    }
    return nullptr;
}

BookLease* LeaseBook::owner(size_t resource, uint64_t unit) noexcept {
    const uint16_t lease = resources_[resource].units[unit].lease;
    return lease == 0 ? nullptr : &leases_[lease - 1u];
}

uint64_t LeaseBook::live_count() const noexcept {
    uint64_t count = 0;
    for (const BookLease& lease : leases_) {
        count += lease.is_live() ? 1u : 0u;
    }
    return count;
}

const LeaseBook::Sums& LeaseBook::sums() noexcept {
    if (is_summed_) {
        return sums_;
    }
    is_summed_ = true;
    sums_ = {};
    for (const BookLease& lease : leases_) {
        if (lease.is_live()) {
            sums_.next_end = earlier_of(sums_.next_end, lease.deadline);
            sums_.live[lease.resource] += lease.count;
        }
    }
    for (size_t index = 0; index < resource_count; ++index) {
        for (const BookUnit& unit : resources_[index].units) {
            sums_.fenced[index] += unit.fence != 0 ? 1u : 0u;
        }
    }
    return sums_;
}

/// Free places first; then the oldest of those that are over. There are more than can be live.
BookLease& LeaseBook::place_for_new() noexcept {
    BookLease* oldest = nullptr;
    for (BookLease& lease : leases_) {
        if (lease.state == BookLease::State::none) {
            return lease;
        }
        if (!lease.is_live() && (oldest == nullptr || lease.sequence < oldest->sequence)) {
            oldest = &lease;
        }
    }
    return oldest != nullptr ? *oldest : leases_[0];
}

// --- power and disks -----------------------------------------------------------------------------

void LeaseBook::keep() noexcept {
    if (!is_changed_) {
        return;
    }
    is_changed_ = false;
    for (BookLease& lease : leases_) {
        lease.is_durable = true;
        lease.durable_generation = lease.generation;
    }
    for (BookResource& resource : resources_) {
        for (BookUnit& unit : resource.units) {
            unit.durable_fence = unit.fence;
        }
    }
}

void LeaseBook::drop() noexcept {
    is_summed_ = false;
    is_changed_ = false;
    for (BookResource& resource : resources_) {
        for (BookUnit& unit : resource.units) {
            unit.fence = unit.durable_fence;
        }
    }
}

void LeaseBook::restart() noexcept {
    is_summed_ = false;
    for (BookLease& lease : leases_) {
        if (lease.is_live()) {
            lease.state = BookLease::State::over;
            lease.is_cut = true;
            lease.over_at = findings_.now();
        }
    }
    for (BookResource& resource : resources_) {
        for (BookUnit& unit : resource.units) {
            unit.lease = 0;
            unit.wipe_from = {};
            unit.used_until = {};
            unit.must_zero = false;
            unit.is_blank = false;
            unit.wipe = {};
            unit.wiped = {};
            unit.dirty_since = {};
        }
    }
    grants_ = {};
    changes_ = {};
    expiries_ = {};
}

void LeaseBook::forget() noexcept {
    is_summed_ = false;
    highest_epoch_ = 0;
    is_changed_ = false;
    for (BookResource& resource : resources_) {
        resource.units = {};
    }
}

void LeaseBook::replay(const LoggedRecord& record) noexcept {
    is_summed_ = false;
    const uint8_t index = resource_of(record);
    highest_epoch_ = record.epoch > highest_epoch_ ? record.epoch : highest_epoch_;
    if (index == no_resource || record.first_unit >= BookResource::units_most ||
        record.unit_count > BookResource::units_most - record.first_unit) {
        return;
    }
    for (uint64_t i = 0; i < record.unit_count; ++i) {
        BookUnit& unit = resources_[index].units[record.first_unit + i];
        unit.epoch = record.kind == LoggedKind::granted ? record.epoch : unit.epoch;
        unit.fence = record.kind == LoggedKind::fenced    ? record.sequence + 1
                     : record.kind == LoggedKind::cleared ? 0
                                                          : unit.fence;
        unit.durable_fence = unit.fence;
    }
}

// --- records -------------------------------------------------------------------------------------

Instant LeaseBook::at_of(const LoggedRecord& record) const noexcept {
    return Instant{record.unix_ms - limits_.unix_base.ms};
}

void LeaseBook::take(const LoggedRecord& record) noexcept {
    is_summed_ = false;
    is_changed_ = true;
    check_time(record);
    switch (record.kind) {
    case LoggedKind::boot: boot(record); return;
    case LoggedKind::granted: grant(record); return;
    case LoggedKind::renewed: renew(record); return;
    case LoggedKind::released:
    case LoggedKind::expired:
    case LoggedKind::revoked:
    case LoggedKind::preempted: end(record); return;
    case LoggedKind::fenced: fence(record); return;
    case LoggedKind::cleared: clear(record); return;
    case LoggedKind::trimmed:
        expect(Oracle::chain, record.last < record.sequence, "a trim names an earlier record");
        return;
    case LoggedKind::refused:
    case LoggedKind::rewritten:
    case LoggedKind::overrun:
    case LoggedKind::adopted: return;
    }
}

void LeaseBook::check_time(const LoggedRecord& record) noexcept {
    const bool is_of_boot = record.unix_ms >= limits_.unix_base.ms;
    expect(Oracle::deadline, is_of_boot, "a record is stamped since its boot");
    if (!is_of_boot) {
        return;
    }
    const Instant at = at_of(record);
    const TurnLog::Turn* const turn = turns_.find(at);
    findings_.expect_if(Oracle::deadline, turns_.reaches(at), turn != nullptr && turn->node == at,
                        "a record is stamped with the node's own time of one of its turns");
}

bool LeaseBook::has_extent(const LoggedRecord& record, uint8_t& resource) noexcept {
    resource = resource_of(record);
    const bool is_known = resource != no_resource && record.unit_count > 0 &&
                          record.first_unit < resources_[resource].unit_count &&
                          record.unit_count <= resources_[resource].unit_count - record.first_unit;
    expect(Oracle::chain, is_known, "a record names units that there are");
    return is_known;
}

/// A boot ends what was before; that it is the next boot is the log's to say.
void LeaseBook::boot(const LoggedRecord& record) noexcept {
    expect(Oracle::chain, record.reason >= 23 && record.reason <= 25, "a boot says why");
    expect(Oracle::chain, live_count() == 0, "a boot comes before its leases");
}

void LeaseBook::check_epoch(const LoggedRecord& record) noexcept {
    expect(Oracle::exclusion, record.epoch > highest_epoch_,
           "each grant and each clear takes a higher epoch");
    expect(Oracle::exclusion, record.epoch >= epoch_from_,
           "a boot's epochs begin above the mark of the one before");
    expect(Oracle::anchored, record.epoch < epoch_below_,
           "an epoch is used only below a durable mark");
    highest_epoch_ = record.epoch > highest_epoch_ ? record.epoch : highest_epoch_;
}

void LeaseBook::check_budget(Budget& budget, Instant at, uint64_t most, const char* what) noexcept {
    budget.count = at == budget.at ? budget.count + 1 : 1;
    budget.at = at;
    const TurnLog::Turn* const turn = turns_.find(at);
    const bool is_known = turn != nullptr && turn->node == at;
    findings_.expect_if(Oracle::turn, is_known, !is_known || budget.count <= most * turn->count,
                        what);
}

void LeaseBook::grant(const LoggedRecord& record) noexcept {
    uint8_t index = no_resource;
    check_epoch(record);
    check_budget(grants_, at_of(record), limits_.requests_per_turn_max,
                 "no turn grants more than its budget");
    expect(Oracle::chain, !record.lease.is_zero() && find(record.lease) == nullptr,
           "a lease is granted once");
    expect(Oracle::chain,
           record.reason == 0 && record.ttl_ms >= limits::lease_ttl_min.ms &&
               record.ttl_ms <= limits::lease_ttl_max.ms,
           "a lease lives between the shortest and the longest time");
    expect(Oracle::conservation, live_count() < limits_.leases_max,
           "no more leases live than there is room for");
    if (!has_extent(record, index)) {
        return;
    }
    BookResource& resource = resources_[index];
    expect(Oracle::conservation, record.amount_bytes <= record.unit_count * resource.unit_bytes,
           "a lease is as long as was asked for");
    BookLease& lease = place_for_new();
    lease = {};
    lease.state = BookLease::State::live;
    lease.resource = index;
    lease.home = home_;
    lease.ref = record.lease;
    lease.tenant = record.tenant;
    lease.principal = record.principal;
    lease.epoch = record.epoch;
    lease.first = record.first_unit;
    lease.count = record.unit_count;
    lease.sequence = record.sequence;
    lease.ttl = Duration{record.ttl_ms};
    lease.deadline = saturating_add(at_of(record), lease.ttl);
    for (uint64_t i = 0; i < record.unit_count; ++i) {
        BookUnit& unit = resource.units[record.first_unit + i];
        expect(Oracle::exclusion, unit.lease == 0 || !leases_[unit.lease - 1u].is_live(),
               "a unit belongs to one lease at a time");
        expect(Oracle::exclusion, unit.epoch < record.epoch, "the epochs of a unit only rise");
        findings_.expect_if(Oracle::fence, !doubts_fences_, unit.fence == 0,
                            "no grant covers a fenced unit");
    }
    check_clean(record, index);
    for (uint64_t i = 0; i < record.unit_count; ++i) {
        BookUnit& unit = resource.units[record.first_unit + i];
        unit.lease = static_cast<uint16_t>(&lease - leases_.data() + 1);
        unit.epoch = record.epoch;
        unit.must_zero = false;
        unit.is_blank = false;
    }
    listener_.on_grant(lease);
}

/// Its answer has not left yet, so nobody can have written to them.
void LeaseBook::check_clean(const LoggedRecord& record, uint8_t index) noexcept {
    const BookResource& resource = resources_[index];
    const bool is_sure = index == 0 || !doubts_blocks_;
    findings_.expect_if(Oracle::residue, is_sure,
                        is_all_zero(resource.bytes_of(record.first_unit, record.unit_count)),
                        "what is granted is all zero");
    for (uint64_t i = 0; i < record.unit_count && index == 1; ++i) {
        const BookUnit& unit = resource.units[record.first_unit + i];
        findings_.expect_if(Oracle::residue, is_sure,
                            !unit.must_zero || unit.is_wiped(resource.unit_bytes),
                            "blocks are wiped as a whole before they are granted again");
        const bool is_later = unit.wiped.from > at_of(record);
        findings_.expect_if(Oracle::residue, is_sure && !is_later,
                            !unit.must_zero || unit.wiped.last <= flushed_,
                            "zeroes are durable before blocks are granted again");
    }
}

BookLease* LeaseBook::find_live(const LoggedRecord& record) noexcept {
    BookLease* const lease = find(record.lease);
    expect(Oracle::chain, lease != nullptr, "what is renewed or ended was granted");
    if (lease == nullptr) {
        return nullptr;
    }
    expect(Oracle::chain, lease->is_live(), "a lease ends once, and nothing of it comes after");
    expect(Oracle::chain,
           lease->tenant == record.tenant && lease->epoch == record.epoch &&
               lease->resource == resource_of(record),
           "each record of a lease names its grant's tenant, epoch and resource");
    return lease->is_live() ? lease : nullptr;
}

void LeaseBook::renew(const LoggedRecord& record) noexcept {
    BookLease* const lease = find_live(record);
    if (lease == nullptr) {
        return;
    }
    const Instant end = saturating_add(at_of(record), Duration{record.ttl_ms});
    check_budget(changes_, at_of(record), limits_.requests_per_turn_max,
                 "no turn renews and releases more than its budget");
    if (lease->generation == 0) {
        const uint64_t left = left_until(lease->deadline, at_of(record)).ms;
        const uint64_t share = 1'000 - left * 1'000 / lease->ttl.ms;
        shares_.count += 1;
        shares_.least = share < shares_.least ? share : shares_.least;
        shares_.most = share > shares_.most ? share : shares_.most;
    }
    expect(Oracle::chain, record.generation == lease->generation + 1,
           "a renewal raises the generation by one");
    expect(Oracle::authority, at_of(record) < lease->deadline, "only a live lease is renewed");
    expect(Oracle::authority,
           !lease->was_accessed || lease->last_access < lease->deadline ||
               lease->last_access >= at_of(record),
           "no access is accepted between the end of a lease and a renewal");
    expect(Oracle::deadline, end >= lease->deadline, "a renewal never shortens a lease");
    expect(Oracle::authority, !lease->is_wiped || lease->wiped_from >= at_of(record),
           "a lease that is being wiped is not renewed");
    lease->generation = record.generation;
    lease->deadline = end;
}

void LeaseBook::check_end_time(const LoggedRecord& record, const BookLease& lease) noexcept {
    const Instant at = at_of(record);
    if (record.kind == LoggedKind::expired) {
        expect(Oracle::deadline, at >= lease.deadline, "no lease expires before its deadline");
        expect(Oracle::authority, !lease.was_accessed || lease.last_access < lease.deadline,
               "no access is accepted at or after the deadline");
        return;
    }
    const bool can_be_late = record.kind != LoggedKind::released; // of a grace
    expect(Oracle::deadline, can_be_late || at < lease.deadline, "only a live lease is given back");
    expect(Oracle::authority,
           !lease.was_accessed || (lease.last_access < lease.deadline && lease.last_access <= at),
           "no access is accepted after the end of a lease");
}

/// A holder that nobody told may believe in it for the longest turn more.
Instant LeaseBook::wipe_from(const LoggedRecord& record, const BookLease& lease) const noexcept {
    return record.kind == LoggedKind::expired ? saturating_add(lease.deadline, limits_.turn_max)
                                              : at_of(record);
}

void LeaseBook::end(const LoggedRecord& record) noexcept {
    BookLease* const lease = find_live(record);
    if (lease == nullptr) {
        return;
    }
    expect(Oracle::chain, record.generation == lease->generation,
           "an end names the last generation");
    expect(Oracle::chain, record.first_unit == lease->first && record.unit_count == lease->count,
           "an end names the units of the grant");
    check_end_time(record, *lease);
    expect(Oracle::authority, !lease->is_wiped || lease->wiped_from >= wipe_from(record, *lease),
           "nothing is wiped before its lease is over, and nobody can believe in it any more");
    if (record.kind == LoggedKind::released) {
        check_budget(changes_, at_of(record), limits_.requests_per_turn_max,
                     "no turn renews and releases more than its budget");
    } else if (record.kind == LoggedKind::expired) {
        check_budget(expiries_, at_of(record), limits_.expiries_per_turn_max,
                     "no turn ends more leases than its budget");
    }
    ends_ += 1;
    lease->state = BookLease::State::over;
    lease->end = record.kind;
    const TurnLog::Turn* const turn = turns_.find(at_of(record));
    lease->over_at = turn == nullptr ? findings_.now() : turn->first;
    BookResource& resource = resources_[lease->resource];
    for (uint64_t i = 0; i < lease->count; ++i) {
        BookUnit& unit = resource.units[lease->first + i];
        unit.lease = 0;
        unit.must_zero = true;
        unit.used_until = record.kind == LoggedKind::expired ? Instant{} : at_of(record);
        unit.dirty_since = at_of(record);
        unit.wipe_from = wipe_from(record, *lease);
    }
    listener_.on_end(*lease);
}

void LeaseBook::fence(const LoggedRecord& record) noexcept {
    uint8_t index = no_resource;
    if (!has_extent(record, index)) {
        return;
    }
    const BookLease* const lease = record.lease.is_zero() ? nullptr : find(record.lease);
    expect(Oracle::chain, record.lease.is_zero() || lease != nullptr,
           "a fence names a lease that there was, or none");
    if (lease != nullptr) {
        expect(Oracle::chain,
               !lease->is_live() && record.first_unit >= lease->first &&
                   record.first_unit + record.unit_count <= lease->first + lease->count,
               "a fence stands on units of a lease that has ended");
    }
    for (uint64_t i = 0; i < record.unit_count; ++i) {
        BookUnit& unit = resources_[index].units[record.first_unit + i];
        expect(Oracle::fence, unit.lease == 0, "what is leased is not fenced");
        unit.fence = record.sequence + 1;
        unit.must_zero = true;
        unit.dirty_since = at_of(record);
    }
}

void LeaseBook::clear(const LoggedRecord& record) noexcept {
    uint8_t index = no_resource;
    check_epoch(record);
    if (!has_extent(record, index)) {
        return;
    }
    BookResource& resource = resources_[index];
    uint64_t named = 0;
    for (uint64_t i = 0; i < resource.unit_count; ++i) {
        named += resource.units[i].fence == record.fence + 1 ? 1u : 0u;
    }
    findings_.expect_if(Oracle::fence, !doubts_fences_, named == record.unit_count,
                        "a clear names a fence that stands, with all its units");
    const bool is_sure = index == 0 || !doubts_blocks_;
    findings_.expect_if(Oracle::fence, is_sure,
                        is_all_zero(resource.bytes_of(record.first_unit, record.unit_count)),
                        "a fence is cleared only when its units were wiped");
    for (uint64_t i = 0; i < record.unit_count; ++i) {
        BookUnit& unit = resource.units[record.first_unit + i];
        findings_.expect_if(Oracle::fence, !doubts_fences_, unit.fence == record.fence + 1,
                            "a clear names the fence of each of its units");
        findings_.expect_if(Oracle::fence, is_sure && index == 1,
                            unit.is_wiped(resource.unit_bytes),
                            "a clear comes after a teardown of its own");
        unit.fence = 0;
        unit.must_zero = false;
    }
}

} // namespace grafos::test
