// SPDX-License-Identifier: Apache-2.0
/// The words of whatever CPU the Linux program runs on; any other host uses the portable
/// compression.
#include "hal/crypto.hpp"

#if defined(__x86_64__)

#include "arch/x86_64/sha256_words.hpp"

namespace grafos::arch::sha {
[[nodiscard]] static bool host_has_words() noexcept {
    return cpu_has_words();
}
} // namespace grafos::arch::sha

#elif defined(__aarch64__)

#include <sys/auxv.h>

#include "arch/aarch64/sha256_words.hpp"

namespace grafos::arch::sha {
[[nodiscard]] static bool host_has_words() noexcept {
    constexpr unsigned long hwcap_sha2 = 1ul << 6; // the kernel's name for ID_AA64ISAR0_EL1.SHA2
    return (getauxval(AT_HWCAP) & hwcap_sha2) != 0;
}
} // namespace grafos::arch::sha

#else

#include "arch/sha256_common.hpp"

namespace grafos::arch::sha {
[[nodiscard]] static bool host_has_words() noexcept {
    return false;
}
static void blocks(uint32_t[8], const uint8_t*, size_t) noexcept {}
} // namespace grafos::arch::sha

#endif

namespace grafos::hal {
namespace {

constinit arch::CachedAnswer has_words;

} // namespace

bool has_sha256_blocks() noexcept {
    return has_words.get(arch::sha::host_has_words);
}

void sha256_blocks(uint32_t state[8], const uint8_t* data, size_t count) noexcept {
    arch::sha::blocks(state, data, count);
}

} // namespace grafos::hal
