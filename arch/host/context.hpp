// SPDX-License-Identifier: Apache-2.0
/// Where a process was when a signal stopped it.
#pragma once

#include <cstdint>

#include <ucontext.h>

namespace grafos::arch {

struct StoppedAt {
    uint64_t pc = 0;
    uint64_t sp = 0;
};

[[nodiscard]] inline StoppedAt stopped_at(const ucontext_t& context) noexcept {
#if defined(__x86_64__)
    return {static_cast<uint64_t>(context.uc_mcontext.gregs[REG_RIP]),
            static_cast<uint64_t>(context.uc_mcontext.gregs[REG_RSP])};
#elif defined(__aarch64__)
    return {context.uc_mcontext.pc, context.uc_mcontext.sp};
#else
    (void)context;
    return {};
#endif
}

} // namespace grafos::arch
