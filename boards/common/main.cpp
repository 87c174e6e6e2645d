// SPDX-License-Identifier: Apache-2.0
// The node's executable, the same for all boards.
#include "boards/parts/machine/machine.hpp"

namespace grafos::board {

hal::ExitStatus board_main(Machine& machine) noexcept {
    std::array<char, 256> buffer;
    TextWriter text{buffer};
    text.put("grafos ").put(name_of(machine.kind)).put(" name=").put(machine.arguments.name.view());
    text.put(" leasable=").put(uint64_t{machine.leasable.size()});
    text.put(" sectors=");
    text.put(machine.block_device != nullptr ? machine.block_device->geometry().sector_count : 0);
    text.put(" at ").put(machine.clock.now().ms).put(" ms\r\n");
    print(machine.console, text.text());
    return hal::ExitStatus::success;
}

} // namespace grafos::board
