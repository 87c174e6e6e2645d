// SPDX-License-Identifier: Apache-2.0
#include "core/lease/token/token_keeper.hpp"

#include "core/crypto/secret.hpp"
#include "core/lease/token/caveat.hpp"

namespace grafos::lease {
namespace {

constexpr size_t kind_at = 1;
constexpr size_t rights_at = 2;
constexpr size_t tenant_at = 4;
constexpr size_t resource_at = 8;
constexpr size_t ref_at = 24;
constexpr size_t generation_at = 40;
constexpr size_t epoch_at = 44;
constexpr size_t audience_at = 52;
constexpr size_t expiry_at = 68;
constexpr size_t bytes_at = 76;
constexpr size_t ttl_at = 84;
constexpr size_t count_at = token_fixed_bytes;
constexpr size_t caveats_at = count_at + 1;

/// The fixed part, as it is minted.
struct Fixed {
    TokenKind kind{};
    uint16_t rights = 0;
    TenantId tenant{};
    ResourceId resource{};
    LeaseRef lease_ref{};
    Generation generation{};
    Epoch epoch{};
    Audience audience{};
    Instant expires_at{};
    uint64_t bytes = 0;
    Duration ttl{};
};

[[nodiscard]] Bytes caveats_of(Bytes token) noexcept {
    return token.subspan(caveats_at, token.size() - caveats_at - token_mac_bytes);
}

void write_fixed(const Fixed& fixed, MutableBytes to) noexcept {
    ByteWriter out{to};
    out.put<uint8_t>(token_version);
    out.put<uint8_t>(static_cast<uint8_t>(fixed.kind));
    out.put<uint16_t>(fixed.rights);
    out.put<uint32_t>(fixed.tenant.value);
    out.put_bytes(fixed.resource.view());
    out.put_bytes(fixed.lease_ref.view());
    out.put<uint32_t>(fixed.generation.value);
    out.put<uint64_t>(fixed.epoch.value);
    out.put_bytes(fixed.audience.view());
    out.put<uint64_t>(fixed.expires_at.ms);
    out.put<uint64_t>(fixed.bytes);
    out.put<uint64_t>(fixed.ttl.ms);
    GRAFOS_ASSERT(out.size() == token_fixed_bytes);
}

/// A token without a caveat.
[[nodiscard]] Token seal(const Fixed& fixed, const crypto::HmacKey& root) noexcept {
    Token token;
    token.size = token_bytes_min;
    write_fixed(fixed, token.bytes);
    const Digest mac = root.mac(token.view().first(token_fixed_bytes));
    copy_bytes(MutableBytes{token.bytes}.subspan(caveats_at), mac.view());
    return token;
}

/// Everything that can be said of the form alone; a caveat of unknown kind has a form too.
[[nodiscard]] Result<> check_form(Bytes token) noexcept {
    if (token.size() < token_bytes_min || token.size() > limits::token_bytes_max) {
        return Error{ErrorCode::invalid_argument, Field::length, token.size(),
                     token.size() < token_bytes_min ? token_bytes_min : limits::token_bytes_max};
    }
    if (token[0] != token_version) {
        return Error{ErrorCode::unsupported_version, Field::version, token[0], token_version};
    }
    const bool is_kind = token[kind_at] == static_cast<uint8_t>(TokenKind::alloc) ||
                         token[kind_at] == static_cast<uint8_t>(TokenKind::lease);
    if (!is_kind) {
        return Error{ErrorCode::invalid_argument, Field::kind, token[kind_at],
                     static_cast<uint64_t>(TokenKind::lease)};
    }
    const auto rights = load_big_endian<uint16_t>(token.data() + rights_at);
    if ((rights & ~right::all) != 0) {
        return Error{ErrorCode::invalid_argument, Field::rights, rights, right::all};
    }
    if (token[count_at] > limits::token_caveats_max) {
        return Error{ErrorCode::invalid_argument, Field::caveat, token[count_at],
                     limits::token_caveats_max};
    }
    const Bytes caveats = caveats_of(token);
    size_t at = 0;
    for (uint8_t i = 0; i < token[count_at]; ++i) {
        const Bytes caveat = caveat_at(caveats, at);
        if (caveat.empty()) {
            return Error{ErrorCode::invalid_argument, Field::caveat, at, caveats.size()};
        }
        at += caveat.size();
    }
    if (at != caveats.size()) {
        return Error{ErrorCode::invalid_argument, Field::caveat, at, caveats.size()};
    }
    return ok();
}

template <typename Name>
void load_name(Name& to, Bytes token, size_t at) noexcept {
    __builtin_memcpy(to.bytes.data(), token.data() + at, Name::size_bytes);
}

/// The fixed part, before any caveat. Loads where the bytes lie: a token costs hardly more than its
/// HMAC, and a cursor that looks at each step would show.
void read_fixed(Bytes token, Claims& claims) noexcept {
    GRAFOS_ASSERT(token.size() >= token_bytes_min);
    const uint8_t* const at = token.data();
    claims.kind = static_cast<TokenKind>(at[kind_at]);
    claims.has_holder = false;
    claims.rights = load_big_endian<uint16_t>(at + rights_at);
    claims.tenant.value = load_big_endian<uint32_t>(at + tenant_at);
    load_name(claims.resource, token, resource_at);
    load_name(claims.lease_ref, token, ref_at);
    claims.generation.value = load_big_endian<uint32_t>(at + generation_at);
    claims.epoch.value = load_big_endian<uint64_t>(at + epoch_at);
    claims.expires_at.ms = load_big_endian<uint64_t>(at + expiry_at);
    claims.bytes = load_big_endian<uint64_t>(at + bytes_at);
    claims.bytes_max = claims.bytes;
    claims.ttl.ms = load_big_endian<uint64_t>(at + ttl_at);
    claims.begin = 0;
    claims.end = claims.bytes;
    claims.holder = {};
}

/// By the word, without a branch on where they differ.
[[nodiscard]] bool is_same_mac(const Digest& mac, Bytes token) noexcept {
    const uint8_t* const given = token.data() + token.size() - token_mac_bytes;
    uint64_t difference = 0;
    for (size_t i = 0; i < token_mac_bytes; i += sizeof(uint64_t)) {
        difference |=
            load_big_endian<uint64_t>(mac.bytes.data() + i) ^ load_big_endian<uint64_t>(given + i);
    }
    asm volatile("" : "+r"(difference)); // keeps the compiler from ending early
    return difference == 0;
}

} // namespace

void TokenKeeper::start(crypto::Drbg& drbg, const NodeId& node, Epoch first_epoch) noexcept {
    GRAFOS_ASSERT(!root_.is_set() && first_epoch.value > 0);
    std::array<uint8_t, 32> root;
    drbg.fill(root);
    root_.set(root);
    crypto::erase_secret(root);
    audience_ = audience_of(node);
    first_epoch_ = first_epoch;
}

Digest TokenKeeper::mac_of(Bytes fixed, Bytes caveats, uint8_t caveat_count) const noexcept {
    GRAFOS_ASSERT(fixed.size() == token_fixed_bytes);
    Digest mac = root_.mac(fixed);
    size_t at = 0;
    for (uint8_t i = 0; i < caveat_count; ++i) {
        const Bytes caveat = caveat_at(caveats, at);
        GRAFOS_ASSERT(!caveat.empty()); // the form was checked
        const crypto::HmacKey key{mac.view()};
        mac = key.mac(caveat);
        at += caveat.size();
    }
    return mac;
}

Result<Token> TokenKeeper::mint_alloc(const AllocTerms& terms, Instant now) const noexcept {
    if (terms.life.ms == 0 || terms.life > limits::token_ttl_max) {
        return Error{ErrorCode::invalid_argument, Field::ttl, terms.life.ms,
                     limits::token_ttl_max.ms};
    }
    if ((terms.rights & ~right::all) != 0) {
        return Error{ErrorCode::invalid_argument, Field::rights, terms.rights, right::all};
    }
    Fixed fixed;
    fixed.kind = TokenKind::alloc;
    fixed.rights = terms.rights;
    fixed.tenant = terms.tenant;
    fixed.resource = terms.resource;
    fixed.epoch = first_epoch_;
    fixed.audience = audience_;
    GRAFOS_TRY_ASSIGN(fixed.expires_at, checked_add(now, terms.life));
    fixed.bytes = terms.amount_bytes;
    fixed.ttl = terms.ttl;
    return seal(fixed, root_);
}

Token TokenKeeper::mint_lease(const LeaseTerms& terms) const noexcept {
    GRAFOS_ASSERT((terms.rights & ~right::all) == 0 && terms.epoch.value > 0);
    Fixed fixed;
    fixed.kind = TokenKind::lease;
    fixed.rights = terms.rights;
    fixed.tenant = terms.tenant;
    fixed.resource = terms.resource;
    fixed.lease_ref = terms.lease_ref;
    fixed.generation = terms.generation;
    fixed.epoch = terms.epoch;
    fixed.audience = audience_;
    fixed.expires_at = terms.expires_at;
    fixed.bytes = terms.amount_bytes;
    fixed.ttl = terms.ttl;
    return seal(fixed, root_);
}

Result<Token> TokenKeeper::remint(Bytes bytes, Generation generation,
                                  Instant expires_at) const noexcept {
    GRAFOS_TRY_ASSIGN(const Claims claims, open(bytes));
    if (claims.kind != TokenKind::lease) {
        return Error{ErrorCode::denied, Field::kind, static_cast<uint64_t>(claims.kind),
                     static_cast<uint64_t>(TokenKind::lease)};
    }
    return remint_opened(bytes, generation, expires_at).token;
}

/// The fixed part is the old one's but for what has moved; the caveats are chained again.
Reminted TokenKeeper::remint_opened(Bytes opened, Generation generation,
                                    Instant expires_at) const noexcept {
    const Result<Token> copied = token_of(opened);
    GRAFOS_ASSERT(copied.is_ok() && check_form(opened).is_ok());
    GRAFOS_ASSERT(opened[kind_at] == static_cast<uint8_t>(TokenKind::lease));
    Reminted anew{copied.value(), {}};
    MutableBytes bytes = MutableBytes{anew.token.bytes}.first(opened.size());
    store_big_endian<uint32_t>(bytes.data() + generation_at, generation.value);
    store_big_endian<uint64_t>(bytes.data() + expiry_at, expires_at.ms);
    const Digest mac = mac_of(bytes.first(token_fixed_bytes), caveats_of(opened), opened[count_at]);
    copy_bytes(bytes.last(token_mac_bytes), mac.view());
    const Result<> folded = fold_into(bytes, anew.claims);
    GRAFOS_ASSERT(folded.is_ok()); // as the old ones did: none looks at what has moved
    return anew;
}

/// A token of this node's earlier boot has another root's MAC; its epoch tells an honest holder
/// why. The epochs of another node say nothing here.
Error TokenKeeper::refusal_of_mac(Bytes token) const noexcept {
    const bool is_ours =
        is_equal(token.subspan(audience_at, Audience::size_bytes), audience_.view());
    const auto epoch = load_big_endian<uint64_t>(token.data() + epoch_at);
    if (is_ours && epoch > 0 && epoch < first_epoch_.value) {
        return {ErrorCode::stale_epoch, Field::epoch, epoch, first_epoch_.value};
    }
    return {ErrorCode::denied, Field::mac};
}

Result<> TokenKeeper::open_into(Bytes token, Claims& claims) const noexcept {
    GRAFOS_ASSERT(root_.is_set());
    GRAFOS_TRY(check_form(token));
    const Bytes caveats = caveats_of(token);
    const Digest mac = mac_of(token.first(token_fixed_bytes), caveats, token[count_at]);
    if (!is_same_mac(mac, token)) {
        return refusal_of_mac(token);
    }
    return fold_into(token, claims);
}

/// What a token says whose MAC is ours.
Result<> TokenKeeper::fold_into(Bytes token, Claims& claims) const noexcept {
    if (!is_equal(token.subspan(audience_at, Audience::size_bytes), audience_.view())) {
        return Error{ErrorCode::foreign, Field::audience};
    }
    const Bytes caveats = caveats_of(token);
    read_fixed(token, claims);
    size_t at = 0;
    for (uint8_t i = 0; i < token[count_at]; ++i) {
        const Bytes caveat = caveat_at(caveats, at);
        GRAFOS_TRY(apply_caveat(claims, caveat));
        at += caveat.size();
    }
    return ok();
}

Result<Claims> TokenKeeper::open(Bytes token) const noexcept {
    Claims claims;
    GRAFOS_TRY(open_into(token, claims));
    return claims;
}

Result<Claims> TokenKeeper::check(Bytes token, const Needed& needed, Epoch epoch,
                                  Generation generation, Instant now) const noexcept {
    Claims claims;
    GRAFOS_TRY(open_into(token, claims));
    GRAFOS_TRY(check_claims(claims, needed, epoch, generation, now));
    return claims;
}

} // namespace grafos::lease
