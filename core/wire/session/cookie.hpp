// SPDX-License-Identifier: Apache-2.0
/// Cookies: proof that an address answers, without remembering who asked.
///
/// cookie = HMAC-SHA256(secret of this boot, ipv4 u32 · port u16 · client random 16 · bucket u64),
/// the bucket being the time in units of 30 s. The one of this bucket and of the last are taken, so
/// a cookie lives 30 to 60 s, and none outlives the boot.
#pragma once

#include "core/base/time.hpp"
#include "core/crypto/drbg.hpp"
#include "core/crypto/hmac.hpp"
#include "hal/datagram_link.hpp"

namespace grafos::wire {

/// A client's own mark on one attempt to open a session.
using ClientRandom = StrongBytes<struct ClientRandomTag, 16>;
using Cookie = Digest;

class CookieJar {
public:
    constexpr CookieJar() noexcept = default;

    /// Draws a new secret: every cookie given before is worthless. Context: boot.
    void start(crypto::Drbg& drbg) noexcept;
    [[nodiscard]] bool is_started() const noexcept { return secret_.is_set(); }

    /// Context: turn.
    [[nodiscard]] Cookie make(const hal::DatagramAddress& to, const ClientRandom& random,
                              Instant now) const noexcept;
    [[nodiscard]] bool accepts(const Cookie& cookie, const hal::DatagramAddress& from,
                               const ClientRandom& random, Instant now) const noexcept;

private:
    crypto::HmacKey secret_;
};

} // namespace grafos::wire
