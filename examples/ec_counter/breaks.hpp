// SPDX-License-Identifier: Apache-2.0
/// Mistakes planted on purpose, to see which property falls (properties.hpp) and how it looks.
///
/// The sound actors know nothing of them: a mistaken server is another class, and the mistaken
/// loops are another count, chosen where a system is put together.
#pragma once

#include "examples/ec_counter/server.hpp"

namespace grafos::ec_counter {

enum class Break : uint8_t {
    none,
    overwrite,       ///< a set or a sync replaces larger values too
    no_sync,         ///< servers never tell one another
    exclusive_range, ///< both loops stop one short; the modulus is the configured number
};

struct BreakWord {
    Break planted;
    std::string_view name; ///< as it is asked for
    std::string_view text; ///< what is done wrong
};
inline constexpr std::array break_words{
    BreakWord{Break::overwrite, "overwrite", "a set or a sync replaces larger values too"},
    BreakWord{Break::no_sync, "no-sync", "servers never tell one another their counters"},
    BreakWord{Break::exclusive_range, "exclusive-range",
              "the loops over servers and clients stop one short, and the modulus is the "
              "configured number"},
};
[[nodiscard]] std::optional<Break> break_named(std::string_view name) noexcept;

/// The last one who spoke is right.
class OverwritingServer final : public Server {
public:
    using Server::Server;

private:
    [[nodiscard]] bool takes(uint64_t value) const noexcept override { return value != counter(); }
};

/// Its rounds come and go, and nobody hears of them.
class SilentServer final : public Server {
public:
    using Server::Server;

private:
    void tell_peers(Context&) noexcept override {}
};

} // namespace grafos::ec_counter
