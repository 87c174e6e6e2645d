// SPDX-License-Identifier: Apache-2.0
#include "tools/disk/replay.hpp"

#include "core/base/text.hpp"

namespace grafos::tools {
namespace {

/// SplitMix64: choices that a seed repeats.
class Choice {
public:
    explicit Choice(uint64_t seed) : state_{seed} {}
    [[nodiscard]] uint64_t next() {
        state_ += 0x9e3779b97f4a7c15u;
        uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }

private:
    uint64_t state_;
};

struct Found {
    lease::LogPhase phase{};
    lease::DegradedReason reason{};
    lease::Anchor anchor{};
    uint64_t first = 0;
    uint64_t control_sectors = 0; ///< end of the log: what lies behind it are tenants' blocks
};

class Replay {
public:
    Replay(MemoryDisk& disk, const WriteLog& log, const ReplayOptions& options)
        : disk_{disk}, log_{log}, options_{options}, choice_{options.seed} {}

    ReplayFigures run() {
        promised_ = look();
        size_t begin = 0;
        for (size_t i = 0; i < log_.operations.size(); ++i) {
            const LoggedOperation& operation = log_.operations[i];
            figures_.writes += operation.sector_count > 0 ? 1 : 0;
            if (operation.sector_count > 0 && is_ours(operation)) {
                figures_.log_writes += 1;
                try_cuts(begin, i + 1);
            }
            if (!operation.is_flush) {
                continue;
            }
            figures_.flushes += 1;
            // What is on the disk now has been promised; a dropped flush only did not keep it.
            disk_.begin();
            put_all(begin, i + 1);
            promised_ = look();
            disk_.undo();
            if (figures_.flushes == options_.drop_flush) {
                try_cuts(begin, i + 1);
            } else {
                put_all(begin, i + 1);
                begin = i + 1;
            }
        }
        put_all(begin, log_.operations.size());
        const Found last = look();
        figures_.records = last.anchor.next.value;
        std::array<char, 64> hex;
        TextWriter writer{hex};
        writer.put_hex(last.anchor.hash.view());
        figures_.anchor = std::string{writer.text()};
        return figures_;
    }

private:
    struct Unit {
        const LoggedOperation* operation;
        uint64_t sector; ///< of the operation
    };

    [[nodiscard]] bool is_ours(const LoggedOperation& operation) const {
        return promised_.control_sectors == 0 || operation.sector < promised_.control_sectors;
    }

    [[nodiscard]] Found look() {
        OpenedLog opened{disk_, buffers_};
        Found found;
        found.phase = opened.state().phase;
        found.reason = opened.state().reason;
        if (opened.is_ready()) {
            found.anchor = opened.log().anchor();
            found.first = opened.log().log_start().first.value;
            found.control_sectors = opened.log().layout().data_first();
        }
        return found;
    }

    void put_all(size_t begin, size_t end) {
        for (size_t i = begin; i < end; ++i) {
            const LoggedOperation& operation = log_.operations[i];
            for (uint64_t s = 0; s < operation.sector_count; ++s) {
                disk_.put(operation.sector + s, log_.data(operation, s));
            }
        }
    }

    /// The disks that a cut behind operation `end - 1` may leave; `begin` is where the last flush
    /// was.
    void try_cuts(size_t begin, size_t end) {
        std::vector<Unit> units;
        for (size_t i = begin; i < end; ++i) {
            const LoggedOperation& operation = log_.operations[i];
            for (uint64_t s = 0; is_ours(operation) && s < operation.sector_count; ++s) {
                units.push_back({&operation, s});
            }
        }
        const LoggedOperation& last = log_.operations[end - 1];
        const uint64_t torn_most = last.is_flush ? 0 : last.sector_count;
        figures_.prefixes += 1;
        try_disk(units, [](size_t) { return true; }, end);
        try_disk(units, [](size_t) { return false; }, end);
        for (uint64_t kept = 1; kept < torn_most && kept <= options_.samples; ++kept) {
            figures_.torn += 1;
            const size_t whole = units.size() - static_cast<size_t>(torn_most);
            try_disk(units, [&](size_t unit) { return unit < whole + kept; }, end);
            try_disk(units, [&](size_t unit) { return unit < whole || unit >= whole + kept; }, end);
        }
        for (uint32_t sample = 0; sample < options_.samples && units.size() > 1; ++sample) {
            figures_.subsets += 1;
            try_disk(units, [&](size_t) { return choice_.next() >> 63 != 0; }, end);
        }
    }

    template <typename Keeps>
    void try_disk(const std::vector<Unit>& units, Keeps keeps, size_t end) {
        disk_.begin();
        for (size_t i = 0; i < units.size(); ++i) {
            if (keeps(i)) {
                const Unit& unit = units[i];
                disk_.put(unit.operation->sector + unit.sector,
                          log_.data(*unit.operation, unit.sector));
            }
        }
        judge(end);
        disk_.undo();
    }

    void judge(size_t end) {
        OpenedLog opened{disk_, buffers_};
        if (promised_.phase == lease::LogPhase::blank &&
            opened.state().phase == lease::LogPhase::blank) {
            return;
        }
        if (!opened.is_ready()) {
            fault(end, "does not open: " + std::string{name_of(opened.state().reason)} + ", " +
                           std::string{name_of(opened.state().cause.field)});
            return;
        }
        const uint64_t found = opened.log().anchor().next.value;
        const uint64_t promised = promised_.anchor.next.value;
        if (found < promised) {
            fault(end, "lost: " + std::to_string(found) + " records, " + std::to_string(promised) +
                           " were flushed");
            return;
        }
        if (promised == 0 || opened.log().log_start().first.value >= promised) {
            return;
        }
        Digest hash{};
        const bool is_read = opened.read({promised - 1}, [&](const lease::GroupRecord& record) {
            hash = record.hash;
            return false;
        });
        if (!is_read || hash != promised_.anchor.hash) {
            fault(end, "record " + std::to_string(promised - 1) + " is another one");
        }
    }

    void fault(size_t end, const std::string& what) {
        figures_.faults += 1;
        if (figures_.first_fault.empty()) {
            figures_.first_fault = "after operation " + std::to_string(end) + ": " + what;
        }
    }

    MemoryDisk& disk_;
    const WriteLog& log_;
    ReplayOptions options_;
    Choice choice_;
    LogBuffers buffers_{};
    Found promised_{};
    ReplayFigures figures_{};
};

} // namespace

ReplayFigures replay(MemoryDisk& disk, const WriteLog& log, const ReplayOptions& options) {
    return Replay{disk, log, options}.run();
}

} // namespace grafos::tools
