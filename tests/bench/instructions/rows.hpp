// SPDX-License-Identifier: Apache-2.0
/// One row of the report, and what the files of this executable give one another.
#pragma once

#include "boards/parts/machine/machine.hpp"
#include "core/base/text.hpp"
#include "hal/cpu.hpp"

namespace grafos::board {

/// Keeps the largest count of one row; the cost of looking is taken off.
class Row {
public:
    template <typename Work>
    void measure(const Work& work) noexcept {
        const uint64_t first = hal::instruction_count();
        const uint64_t second = hal::instruction_count();
        work();
        const uint64_t third = hal::instruction_count();
        const uint64_t looking = second - first;
        const uint64_t count = third - second;
        const uint64_t net = count > looking ? count - looking : 0;
        most = net > most ? net : most;
    }
    uint64_t most = 0;
};

class Report {
public:
    explicit Report(Machine& machine) noexcept : machine_{machine} {}
    void print_row(std::string_view group, std::string_view name, const Row& row) noexcept {
        std::array<char, 128> buffer;
        TextWriter line{buffer};
        line.put("instructions name=");
        if (!group.empty()) {
            line.put(group).put('_');
        }
        line.put(name).put(" value=").put(row.most).put("\r\n");
        board::print(machine_.console, line.text());
    }

private:
    Machine& machine_;
};

/// service_rows.cpp: what a node spends on others, on a disk and memory that nobody uses just now.
void measure_service(Report& report, MutableBytes disk, MutableBytes memory) noexcept;
/// fabric_rows.cpp: what a program spends on a lease elsewhere; the same, of the node's machine.
void measure_fabric(Report& report, MutableBytes disk, MutableBytes memory) noexcept;
/// emulation_rows.cpp: what actors spend on their letters; the same memory.
void measure_emulation(Report& report, MutableBytes memory) noexcept;
/// codec_rows.cpp: what a payload costs.
void measure_codec(Report& report) noexcept;

} // namespace grafos::board
