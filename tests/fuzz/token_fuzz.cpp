// SPDX-License-Identifier: Apache-2.0
/// Tokens from anybody, and from a holder who can chain what he likes. The first try takes the
/// bytes as they are; the second puts them behind a good token as caveats, each chained into the
/// MAC, so that what lies behind the proof is tried as well. Whatever is accepted claims no more
/// than the token it was made from.
#include "core/lease/token/caveat.hpp"
#include "tests/support/token_rig.hpp"

using namespace grafos;
using namespace grafos::lease;

namespace {

void check_refusal(const Error& error) {
    GRAFOS_ASSERT(error.field != Field::none);
    const bool is_known = error.code == ErrorCode::invalid_argument ||
                          error.code == ErrorCode::unsupported_version ||
                          error.code == ErrorCode::stale_epoch || error.code == ErrorCode::denied;
    GRAFOS_ASSERT(is_known);
}

void check_no_wider(const Claims& narrow, const Claims& wide) {
    GRAFOS_ASSERT(narrow.kind == wide.kind && narrow.epoch == wide.epoch);
    GRAFOS_ASSERT(narrow.lease_ref == wide.lease_ref && narrow.tenant == wide.tenant);
    GRAFOS_ASSERT((narrow.rights & ~wide.rights) == 0);
    GRAFOS_ASSERT(narrow.expires_at <= wide.expires_at && narrow.ttl <= wide.ttl);
    GRAFOS_ASSERT(narrow.begin >= wide.begin && narrow.end <= wide.end);
    GRAFOS_ASSERT(narrow.bytes_max <= wide.bytes_max);
    GRAFOS_ASSERT(narrow.has_holder || !wide.has_holder);
}

void try_bytes(test::TokenRig& rig, Bytes bytes) {
    const Result<Claims> claims = rig.keeper.open(bytes);
    if (!claims.is_ok()) {
        check_refusal(claims.error());
        GRAFOS_ASSERT(rig.cache.find(bytes, 1) == nullptr);
        GRAFOS_ASSERT(!rig.keeper.remint(bytes, {1}, rig.now).is_ok());
        return;
    }
    check_no_wider(claims.value(), rig.keeper.open(rig.token.view()).value());
    GRAFOS_ASSERT(rig.cache.open(rig.keeper, bytes, 1).is_ok());
    const Result<Token> anew =
        rig.keeper.remint(bytes, rig.answer.generation, rig.terms().expires_at);
    GRAFOS_ASSERT(is_equal(anew.value().view(), bytes));
}

/// The bytes as caveats, as far as they have the form of one.
void try_caveats(test::TokenRig& rig, Bytes bytes) {
    Token token = rig.token;
    size_t at = 0;
    for (size_t count = 0; count < limits::token_caveats_max; ++count) {
        const Bytes caveat = caveat_at(bytes, at);
        if (caveat.empty() || caveat.size() + token.size > limits::token_bytes_max) {
            return;
        }
        const MutableBytes place = MutableBytes{token.bytes}.subspan(token.size - token_mac_bytes);
        const crypto::HmacKey key{place.first(token_mac_bytes)};
        const Digest mac = key.mac(caveat);
        copy_bytes(place, caveat);
        copy_bytes(place.subspan(caveat.size()), mac.view());
        token.bytes[token_fixed_bytes] += 1;
        token.size = static_cast<uint16_t>(token.size + caveat.size());
        at += caveat.size();
        try_bytes(rig, token.view());
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static auto& rig = *new test::TokenRig{};
    const Bytes bytes{data, size};
    try_bytes(rig, bytes);
    try_caveats(rig, bytes);
    if (size >= 2) { // one changed byte of a good one
        Token token = rig.token;
        token.bytes[data[0] % token.size] ^= data[1];
        try_bytes(rig, token.view());
    }
    return 0;
}
