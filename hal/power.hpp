// SPDX-License-Identifier: Apache-2.0
/// Required. How a machine rests and ends.
#pragma once

#include "core/base/time.hpp"

namespace grafos::hal {

/// How the machine ends; each board maps it to a distinct exit code and documents it.
enum class ExitStatus : uint8_t {
    success = 0,
    failure = 1,
    assertion = 2,
    exception = 3,
    refused = 4
};

/// How far the machine is, for whoever runs it.
enum class Announcement : uint8_t {
    ready,    ///< it serves
    degraded, ///< it answers, and refuses grants for its own safety
    stopping, ///< its end has begun
};

class Power {
public:
    /// Rests until an interrupt comes or `deadline` is reached, whichever is first; may return
    /// early. One-shot timer; never a periodic tick. Context: between turns.
    virtual void idle_until(Instant deadline) noexcept = 0;

    /// Whoever runs the machine asks it to end cleanly. From the first call on the machine takes
    /// such a request, which ends a rest, instead of ending at once. Default: nobody can ask.
    /// Context: between turns.
    [[nodiscard]] virtual bool is_end_requested() noexcept { return false; }

    /// Said at each change. Default: nobody listens. Context: between turns.
    virtual void announce(Announcement) noexcept {}

    /// Ends the machine. Context: any.
    [[noreturn]] virtual void power_off(ExitStatus status) noexcept = 0;

protected:
    ~Power() = default;
};

/// Optional. Resets the machine unless fed within its period. Default: none.
class Watchdog {
public:
    virtual void feed() noexcept = 0;

protected:
    ~Watchdog() = default;
};

} // namespace grafos::hal
