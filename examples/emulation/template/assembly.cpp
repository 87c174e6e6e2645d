// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/template/assembly.hpp"

#include <algorithm>

namespace grafos::ring {
namespace {

constexpr std::array<std::string_view, stations_max> names{"station-1", "station-2", "station-3",
                                                           "station-4", "station-5", "station-6",
                                                           "station-7", "station-8"};

} // namespace

Ring::Ring(const Settings& settings) noexcept
    : settings_{settings},
      system_{settings.seed},
      network_{settings_.net, ~settings.seed},
      watcher_{std::span{addresses_}.first(std::min(settings.stations, stations_max)),
               {.hops = settings.hops}} {
    system_.set_weather(&network_);
}

Result<> Ring::start() noexcept {
    if (settings_.stations == 0 || settings_.stations > stations_max) {
        return Error{ErrorCode::invalid_argument, Field::operation, settings_.stations,
                     stations_max};
    }
    for (size_t i = 0; i < settings_.stations; ++i) {
        GRAFOS_TRY_ASSIGN(addresses_[i], system_.start(stations_[i], names[i]));
    }
    // Whoever only watches disturbs nobody and is not disturbed.
    GRAFOS_TRY_ASSIGN(const auto watcher, system_.start(watcher_, "watcher"));
    settings_.net.observer = emulation::System::number_of(watcher);
    return ok();
}

} // namespace grafos::ring
