// SPDX-License-Identifier: Apache-2.0
/// What a token costs beside the one HMAC that it cannot do without, and what the verbs cost that
/// it lets in.
#include <memory>

#include "tests/bench/measure.hpp"
#include "tests/support/token_rig.hpp"

namespace grafos::bench {
namespace {

constexpr uint32_t operations = 20'000;

/// Nanoseconds of one `work`, each checked.
template <typename Work>
double ns_each(uint32_t count, const Work& work) {
    Stopwatch watch;
    uint32_t good = 0;
    watch.start();
    for (uint32_t i = 0; i < count; ++i) {
        asm volatile("" ::: "memory"); // what was asked before may have changed
        good += work() ? 1u : 0u;
    }
    watch.stop(count);
    if (good != count) {
        std::abort();
    }
    return watch.ns_each();
}

void run_checks(test::TokenRig& rig, const Options& options, Report& report) {
    std::array<uint8_t, 32> key{};
    key.fill(7);
    const crypto::HmacKey bare{key};
    const Bytes fixed = rig.token.view().first(lease::token_fixed_bytes);
    Digest expected = bare.mac(fixed);
    lease::Token narrow = rig.token;
    const bool is_narrowed =
        attenuate(narrow, lease::Caveat::window(0, 8192)).is_ok() &&
        attenuate(narrow, lease::Caveat::shorter(Duration{1'000})).is_ok() &&
        attenuate(narrow, lease::Caveat::only_rights(lease::right::read | lease::right::write))
            .is_ok();
    if (!is_narrowed) {
        std::abort();
    }
    Row first{
        "token", "check, first time",           1, "ns", {}, "one HMAC verified, kept midstates",
        {},      {GoalKind::ratio_at_most, 1.1}};
    Row again{"token", "check, again in the session", 1, "ns", {}, "",
              {},      {GoalKind::value_at_most, 10}};
    Row with_caveats{"token", "check, first time, 3 caveats", 1, "ns", {}, "", {}, {}};
    Row mint{"token", "mint a lease token", 1, "ns", {}, "", {}, {}};
    for (uint32_t round = 0; round < options.rounds; ++round) {
        first.ours.add(ns_each(operations, [&] { return rig.check_first(); }));
        first.theirs.add(ns_each(operations, [&] { return bare.verify(fixed, expected); }));
        again.ours.add(ns_each(50 * operations, [&] { return rig.check_again(); }));
        with_caveats.ours.add(ns_each(operations, [&] {
            return rig.keeper
                .check(narrow.view(), rig.needed, rig.answer.epoch, rig.answer.generation, rig.now)
                .is_ok();
        }));
        const lease::LeaseTerms terms = rig.terms();
        mint.ours.add(ns_each(operations, [&] { return rig.keeper.mint_lease(terms).size > 0; }));
    }
    report.add(first);
    report.add(again);
    report.add(with_caveats);
    report.add(mint);
}

void run_verbs(test::TokenRig& rig, const Options& options, Report& report) {
    std::array<uint8_t, 64> data{};
    Row read{"token", "read 64 bytes by ref", 64, "ns", {}, "", {}, {}};
    Row exchange{"token", "fetch_add", 8, "ns", {}, "", {}, {}};
    Row pair{"token", "lock, commit 64 bytes, release", 64, "ns", {}, "", {}, {}};
    uint64_t nonce = 0;
    for (uint32_t round = 0; round < options.rounds; ++round) {
        read.ours.add(ns_each(operations, [&] { return rig.read_by_ref(data); }));
        exchange.ours.add(ns_each(operations, [&] {
            return rig.verbs.fetch_add(rig.authority, 2048, 1, rig.now).is_ok();
        }));
        pair.ours.add(ns_each(operations, [&] {
            ++nonce;
            return rig.commit(rig.lock(nonce), nonce, data);
        }));
    }
    report.add(read);
    report.add(exchange);
    report.add(pair);
}

} // namespace

void run_token(const Options& options, Report& report) {
    const auto rig = std::make_unique<test::TokenRig>();
    run_checks(*rig, options, report);
    run_verbs(*rig, options, report);
}

} // namespace grafos::bench
