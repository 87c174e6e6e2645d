// SPDX-License-Identifier: Apache-2.0
#include "core/wire/session/cookie.hpp"

#include "core/crypto/secret.hpp"
#include "core/wire/session/limits.hpp"

namespace grafos::wire {
namespace {

constexpr size_t covered_bytes = 4 + 2 + ClientRandom::size_bytes + 8;
using Covered = std::array<uint8_t, covered_bytes>;

[[nodiscard]] Covered covered(const hal::DatagramAddress& address, const ClientRandom& random,
                              uint64_t bucket) noexcept {
    Covered bytes;
    ByteWriter writer{bytes};
    writer.put<uint32_t>(address.ipv4);
    writer.put<uint16_t>(address.port);
    writer.put_bytes(random.view());
    writer.put<uint64_t>(bucket);
    GRAFOS_ASSERT(writer.size() == bytes.size());
    return bytes;
}

[[nodiscard]] uint64_t bucket_of(Instant now) noexcept {
    return now.ms / cookie_bucket.ms;
}

} // namespace

void CookieJar::start(crypto::Drbg& drbg) noexcept {
    std::array<uint8_t, 32> secret;
    drbg.fill(secret);
    secret_.set(secret);
    crypto::erase_secret(secret);
}

Cookie CookieJar::make(const hal::DatagramAddress& to, const ClientRandom& random,
                       Instant now) const noexcept {
    return secret_.mac(covered(to, random, bucket_of(now)));
}

bool CookieJar::accepts(const Cookie& cookie, const hal::DatagramAddress& from,
                        const ClientRandom& random, Instant now) const noexcept {
    const uint64_t bucket = bucket_of(now);
    return secret_.verify(covered(from, random, bucket), cookie) ||
           (bucket > 0 && secret_.verify(covered(from, random, bucket - 1), cookie));
}

} // namespace grafos::wire
