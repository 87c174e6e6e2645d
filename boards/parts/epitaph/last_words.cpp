// SPDX-License-Identifier: Apache-2.0
#include "boards/parts/epitaph/last_words.hpp"

#include <atomic>

#include "boards/parts/machine/machine.hpp"

namespace grafos::board {

namespace {

enum class Stage : uint8_t { alive, printing, writing, ending };

struct Target {
    uint64_t sector = 0;
    uint64_t boot = 0;
    bool is_set = false;
};

constinit std::atomic<Stage> stage{Stage::alive};
constinit Target target;
constinit AssertionHook assertion_hook = nullptr;
constinit EpitaphSector sector_buffer{};

hal::ExitStatus status_of(const hal::Epitaph& epitaph) noexcept {
    return epitaph.kind == hal::EpitaphKind::assertion ? hal::ExitStatus::assertion
                                                       : hal::ExitStatus::exception;
}

void print_epitaph(const hal::Epitaph& epitaph) noexcept {
    std::array<char, 256> text;
    TextWriter writer{text};
    put_epitaph(writer, epitaph);
    emergency_print(writer.text());
}

void write_epitaph(const hal::Epitaph& epitaph) noexcept {
    if (!target.is_set) {
        return;
    }
    encode_epitaph(epitaph, sector_buffer);
    if (!emergency_write(target.sector, sector_buffer)) {
        emergency_print("EPITAPH not written\r\n");
    }
}

} // namespace

void set_epitaph_target(uint64_t sector, BootNumber boot) noexcept {
    target.is_set = false;
    target.sector = sector;
    target.boot = boot.value;
    target.is_set = true;
}

void set_assertion_hook(AssertionHook hook) noexcept {
    assertion_hook = hook;
}

void die(const hal::Epitaph& epitaph) noexcept {
    hal::Epitaph told = epitaph;
    told.boot = target.boot;
    if (stage.load() == Stage::alive) {
        stage.store(Stage::printing);
        print_epitaph(told);
    }
    if (stage.load() == Stage::printing) {
        stage.store(Stage::writing);
        write_epitaph(told);
    }
    stage.store(Stage::ending);
    emergency_power_off(status_of(told));
}

} // namespace grafos::board

void grafos::assertion_failed(uint32_t site) noexcept {
    using namespace grafos;
    if (board::assertion_hook != nullptr) {
        board::assertion_hook(site);
    }
    hal::Epitaph epitaph;
    epitaph.kind = hal::EpitaphKind::assertion;
    epitaph.cpu = board::emergency_begin();
    epitaph.pc = reinterpret_cast<uint64_t>(__builtin_return_address(0));
    epitaph.sp = reinterpret_cast<uint64_t>(__builtin_frame_address(0));
    epitaph.site = site;
    board::die(epitaph);
}
