// SPDX-License-Identifier: Apache-2.0
/// Histories made by hand, for tests of oracles: one machine whose log is written byte by byte, and
/// every event of which is said by the test. Shares nothing with core's encoders either.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/crypto/sha256.hpp"
#include "tests/sim/oracles/oracles.hpp"

namespace grafos::test {

inline constexpr uint64_t hand_unix = 1'000'000;
inline constexpr size_t hand_unit = 4'096;
inline constexpr size_t hand_units = 8;
inline constexpr uint64_t hand_log_sectors = 128;
inline constexpr uint64_t hand_checkpoint_sectors = 8;
inline constexpr uint64_t hand_log_first = 32 + 2 * hand_checkpoint_sectors;
inline constexpr uint64_t hand_data_first = hand_log_first + hand_log_sectors;
inline constexpr uint64_t hand_group_max = 16;
inline constexpr OracleLimits hand_limits{.leases_max = 4,
                                          .requests_per_turn_max = 2,
                                          .expiries_per_turn_max = 16,
                                          .wipe_bytes_per_turn = 2 * hand_unit,
                                          .turn_max = Duration{5},
                                          .unix_base = UnixMillis{hand_unix}};

/// Big-endian bytes, one field behind the other.
class Packed {
public:
    template <typename Integer>
    Packed& put(Integer value) {
        std::array<uint8_t, sizeof(Integer)> raw;
        store_big_endian<Integer>(raw.data(), value);
        return put_bytes(raw);
    }
    Packed& put_bytes(Bytes raw) {
        bytes_.insert(bytes_.end(), raw.begin(), raw.end());
        return *this;
    }
    [[nodiscard]] Bytes view() const { return bytes_; }

private:
    std::vector<uint8_t> bytes_;
};

/// What a record says, in the words of a test.
struct HandRecord {
    LoggedKind kind{};
    uint8_t lease = 0; ///< names it; 0: none
    bool is_block = false;
    uint64_t unit = 0;
    uint64_t units = 1;
    uint64_t epoch = 0;
    uint64_t generation = 0;
    uint64_t ttl = 1'000;
    uint64_t fence = 0;
    uint16_t reason = 0;
    uint64_t principal = 0; ///< 0: the node itself
};

class HandMade {
public:
    /// Only the first has a history; the others are there to hold leases.
    explicit HandMade(size_t machines = 1)
        : memory_(hand_units * hand_unit), disk_((hand_data_first + 64) * 512) {
        oracles_.add_machine({memory_, disk_});
        for (size_t i = 1; i < machines; ++i) {
            oracles_.add_machine({});
        }
        node_.bytes.fill(7);
        resources_[0] = {.kind = lease::ResourceKind::memory,
                         .unit_bytes = hand_unit,
                         .unit_count = hand_units,
                         .free = hand_units};
        resources_[1] = resources_[0];
        resources_[1].kind = lease::ResourceKind::block;
    }

    // --- power and turns -------------------------------------------------------------------------
    void power_on() { say({.what = SimEvent::What::power_on}); }
    void power_off() { say({.what = SimEvent::What::power_off}); }
    /// A first boot, in two turns, ready at `raw` 1: what a test begins with.
    void boot(uint64_t from_boot = 0) {
        boot_ = from_boot + 1;
        for (lease::ResourceInfo& info : resources_) {
            info.free = hand_units;
            info.leased = info.tearing = info.dirty = info.fenced = 0;
        }
        move(0, &lease::ResourceInfo::free, &lease::ResourceInfo::fenced, fenced_before);
        power_on();
        begin(1);
        if (from_boot == 0) {
            format();
        }
        append({.kind = LoggedKind::boot, .reason = 24});
        commit();
        end();
        begin(1);
        end();
    }
    void begin(uint64_t raw) {
        raw_ = raw;
        at_ = Instant{1'000'000 * boot_ + raw};
        say({.what = SimEvent::What::turn_began, .number = raw});
    }
    void end(uint64_t took = 0) {
        TurnReport report{.next_deadline = Instant{raw_ + next_in},
                          .is_ready = is_ready,
                          .resources = resources_};
        say({.what = SimEvent::What::turn_ended, .number = raw_ + took, .turn = &report});
    }
    void turn(uint64_t raw) {
        begin(raw);
        end();
    }
    /// The node's time and when it says that it must turn next.
    [[nodiscard]] uint64_t now() const { return raw_ - 1; }
    uint64_t next_in = 50;
    bool is_ready = true;
    bool has_tags = true;       ///< programs mark what they write
    uint64_t fenced_before = 0; ///< units of memory, when it boots

    // --- its log ---------------------------------------------------------------------------------
    void append(const HandRecord& record) { append_at(record, now()); }
    /// With another stamp.
    void append_at(const HandRecord& record, uint64_t at);
    /// The open group, written and flushed.
    void commit() {
        write();
        flush();
    }
    void write() {
        start_write();
        end_write();
    }
    void start_write();
    void end_write(bool is_ok = true);
    void flush() {
        say({.what = SimEvent::What::flush_started, .ticket = ++ticket_});
        say({.what = SimEvent::What::flush_ended, .ticket = ticket_});
    }
    void write_checkpoint(uint64_t copy, uint64_t number, uint64_t next);
    void format();
    /// The last group that was written is not whole on the disk.
    void tear_last() { disk_[log_.sector * 512 + 300] ^= 1; }
    /// The log goes on before it.
    void go_back() { log_ = before_; }

    // --- what it lends ---------------------------------------------------------------------------
    [[nodiscard]] MutableBytes memory(uint64_t unit) {
        return MutableBytes{memory_}.subspan(unit * hand_unit, hand_unit);
    }
    [[nodiscard]] MutableBytes blocks(uint64_t unit) {
        return MutableBytes{disk_}.subspan(hand_data_first * 512 + unit * hand_unit, hand_unit);
    }
    void put_cell(uint64_t unit, uint64_t offset, uint64_t tag, uint64_t version) {
        fill(memory(unit).subspan(offset, 16), tag, version);
        say({.what = SimEvent::What::delivered});
    }
    /// A lock's header, as the home writes it, at the front of a unit.
    void put_lock(uint64_t unit, bool is_held, const std::array<uint64_t, 6>& words) {
        const MutableBytes header = memory(unit).first(256);
        copy_bytes(header, bytes_of(std::string_view{"gLck\x01\0", 6}));
        header[6] = is_held ? 1 : 0;
        const size_t at[] = {16, 24, 48, 56, 64, 72};
        for (size_t i = 0; i < words.size(); ++i) {
            for (size_t byte = 0; byte < 8; ++byte) {
                header[at[i] + byte] = static_cast<uint8_t>(words[i] >> (8 * byte));
            }
        }
        say({.what = SimEvent::What::delivered});
    }
    /// A block write that is done at once; tag 0: zeroes.
    uint64_t start_block(uint64_t unit, uint64_t tag, uint64_t version, size_t size = 512);
    void write_block(uint64_t unit, uint64_t tag, uint64_t version, size_t size = 512) {
        end_block(start_block(unit, tag, version, size));
    }
    void end_block(uint64_t ticket) {
        say({.what = SimEvent::What::write_ended, .ticket = ticket});
    }
    void wipe_blocks(uint64_t unit) {
        zero_bytes(blocks(unit));
        write_block(unit, 0, 0, hand_unit);
    }
    [[nodiscard]] lease::ResourceInfo& info(size_t resource) { return resources_[resource]; }
    void move(size_t resource, uint64_t lease::ResourceInfo::* from,
              uint64_t lease::ResourceInfo::* to, uint64_t count = 1) {
        resources_[resource].*from -= count;
        resources_[resource].*to += count;
    }

    // --- programs and faults ---------------------------------------------------------------------
    void program(ProgramEvent::What what, uint8_t lease, ProgramEvent event = {},
                 uint32_t machine = 0) {
        event.what = what;
        event.ref = ref(lease);
        event.tag = has_tags ? tag(lease) : 0;
        say({.what = SimEvent::What::program, .machine = machine, .program = &event});
    }
    void machine_fault(MachineFault fault, uint64_t amount = 0) {
        say({.what = SimEvent::What::machine_fault,
             .code = static_cast<uint8_t>(fault),
             .number = amount});
    }
    void disk_fault(uint8_t fault) { say({.what = SimEvent::What::disk_fault, .code = fault}); }
    void say(SimEvent event) {
        event.at = at_;
        oracles_.on_event(event);
    }
    /// True time goes on.
    void wait(uint64_t ms) { at_.ms += ms; }
    void anchored() {
        say({.what = SimEvent::What::anchored, .number = log_.next, .bytes = log_.head.view()});
    }

    // --- usual things ----------------------------------------------------------------------------
    /// In a turn of its own: granted, durable, and told to its holder.
    void grant(const HandRecord& record, uint32_t holder = 0) {
        HandRecord granted = record;
        granted.kind = LoggedKind::granted;
        append(granted);
        move(record.is_block ? 1 : 0, &lease::ResourceInfo::free, &lease::ResourceInfo::leased,
             record.units);
        commit();
        program(ProgramEvent::What::granted, record.lease, {}, holder);
    }
    void finish(const HandRecord& record, LoggedKind kind) {
        HandRecord ended = record;
        ended.kind = kind;
        ended.reason = kind == LoggedKind::expired ? 16 : 17;
        append(ended);
        move(record.is_block ? 1 : 0, &lease::ResourceInfo::leased, &lease::ResourceInfo::tearing,
             record.units);
        commit();
    }

    [[nodiscard]] static LeaseRef ref(uint8_t lease) {
        LeaseRef ref;
        ref.bytes.fill(lease);
        return ref;
    }
    [[nodiscard]] static uint64_t tag(uint8_t lease) { return 0x1000u + lease; }
    [[nodiscard]] Oracles& oracles() { return oracles_; }
    [[nodiscard]] std::string oracle() const { return std::string{oracles_.verdict().oracle}; }
    [[nodiscard]] std::string failure() const { return oracles_.verdict().failure; }
    [[nodiscard]] uint64_t sequence() const { return log_.next; } ///< of the next record

private:
    static void fill(MutableBytes to, uint64_t tag, uint64_t version) {
        for (size_t at = 0; at < to.size(); ++at) {
            const uint64_t word = at % 16 < 8 ? tag : version;
            to[at] = static_cast<uint8_t>(word >> (8 * (at % 8)));
        }
    }
    static void seal_frame(std::string_view magic, uint64_t sector, std::vector<uint8_t>& frame);
    void put_on_disk(uint64_t sector, Bytes bytes) {
        std::copy(bytes.begin(), bytes.end(), disk_.begin() + static_cast<long>(sector * 512));
    }

    std::vector<uint8_t> memory_;
    std::vector<uint8_t> disk_;
    OraclesOf<2, hand_units * hand_unit> oracles_{hand_limits};
    NodeId node_{};
    std::array<lease::ResourceInfo, 2> resources_{};
    uint64_t boot_ = 0;
    uint64_t raw_ = 0;
    Instant at_{};
    uint64_t ticket_ = 0;
    /// Where the open group begins, and what the last one was.
    struct Log {
        uint64_t next = 0; ///< sequence of the next record
        uint64_t first = 0;
        uint64_t number = 0;
        uint64_t offset = 0;
        Digest head{};
        Digest previous{};
        uint64_t sector = 0; ///< of the last one
    };
    Log log_{};
    Log before_{};
    std::vector<uint8_t> records_;
    std::vector<uint8_t> frame_;
    uint64_t frame_ticket_ = 0;

public:
    uint64_t mark = 100; ///< of epochs, in the next groups
};

} // namespace grafos::test
