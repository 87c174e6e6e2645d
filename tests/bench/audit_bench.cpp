// SPDX-License-Identifier: Apache-2.0
/// Sealing records beside OpenSSL's low-level SHA-256 over the same bytes, and a mass expiry with
/// its records beside the bare seals of it.
///
/// OPENSSL: the low-level calls (SHA256_Init, _Update, _Final) are what a C++ user with a chain to
/// hash would take for speed. They hash ready bytes; ours also encodes the event in place. Both
/// sides chain: each record carries the hash of the one before.
#define OPENSSL_API_COMPAT 0x10100000L
#include <openssl/sha.h>

#include <array>
#include <cstdlib>

#include "core/crypto/sha256.hpp"
#include "core/lease/audit/chain.hpp"
#include "core/lease/audit/event_data.hpp"
#include "core/lease/node_limits.hpp"
#include "tests/bench/table_side.hpp"

namespace grafos::bench {
namespace {

constexpr size_t message_bytes = 200;
constexpr uint32_t messages = 20'000;

/// Chains `messages` hashes of 200 bytes: the hash goes into the next message.
template <typename Hash>
double chain_ns(Hash hash) {
    std::array<uint8_t, message_bytes> message{};
    Digest digest{};
    Stopwatch watch;
    watch.start();
    for (uint32_t index = 0; index < messages; ++index) {
        copy_bytes(MutableBytes{message}.subspan(16), digest.bytes);
        digest = hash(message);
    }
    watch.stop(messages);
    if (digest.is_zero()) {
        std::abort(); // also keeps the work from being left out
    }
    return watch.ns_each();
}

Digest openssl_hash(Bytes bytes) {
    SHA256_CTX context;
    Digest digest{};
    SHA256_Init(&context);
    SHA256_Update(&context, bytes.data(), bytes.size());
    SHA256_Final(digest.bytes.data(), &context);
    return digest;
}

/// An event whose record has 200 canonical bytes: 160 fixed ones and an identity, the rest data.
struct Sample200 {
    std::array<uint8_t, 32> identity{};
    std::array<uint8_t, 8> data{};
    lease::AuditEvent event{};
    Sample200() {
        event.kind = lease::EventKind::lease_renewed;
        event.timestamp = {1};
        event.identity = identity;
        event.tenant = {1};
        event.epoch = {1};
        event.event_data = data;
    }
};

double seal_ns() {
    const Sample200 sample;
    const lease::NullSigner signer{NodeId{}};
    lease::ChainAssembler chain{{}, {1}, signer};
    std::array<uint8_t, 512> out{};
    Stopwatch watch;
    watch.start();
    for (uint32_t index = 0; index < messages; ++index) {
        if (chain.seal(sample.event, out).value().canonical.size() != message_bytes) {
            std::abort();
        }
    }
    watch.stop(messages);
    return watch.ns_each();
}

void run_seal(const Options& options, Report& report) {
    Row hash{"audit",
             "SHA-256 of 200 bytes, chained, per second",
             message_bytes,
             "M/s",
             {},
             "OpenSSL",
             {},
             {GoalKind::ratio_at_least, 0.95}};
    Row seal{
        "audit", "seal (encode and hash), per second", message_bytes, "M/s", {}, "OpenSSL hash",
        {},      {GoalKind::ratio_at_least, 0.95}};
    for (uint32_t round = 0; round < options.rounds; ++round) {
        hash.ours.add(1000 / chain_ns([](Bytes bytes) { return crypto::sha256(bytes); }));
        const double openssl = 1000 / chain_ns(openssl_hash);
        seal.ours.add(1000 / seal_ns());
        hash.theirs.add(openssl);
        seal.theirs.add(openssl);
    }
    report.add(hash);
    report.add(seal);
}

/// Ends, seals and frees all leases that are over at once, in turns of the default budget.
class SealedExpiry {
public:
    explicit SealedExpiry(uint32_t count) : side_{count} {
        Random random{1};
        for (uint32_t item = 0; item < count; ++item) {
            static_cast<void>(side_.grant(TableSide::draw(random, 1000, 1000)));
        }
        side_.now.ms += 1000;
    }
    /// Milliseconds for all; the longest turn in microseconds.
    double run(double& worst_us) {
        double total_us = 0;
        const uint64_t cost = clock_cost_ns();
        while (side_.table().live_count() > 0) {
            const uint64_t from = cpu_ns();
            turn();
            const uint64_t spent = cpu_ns() - from;
            const double us = static_cast<double>(spent > cost ? spent - cost : 0) / 1000;
            worst_us = std::max(worst_us, us);
            total_us += us;
        }
        return total_us / 1000;
    }

private:
    void turn() {
        lease::LeaseTable& table = side_.table();
        uint32_t budget = lease::large_node.expiries_per_turn_max;
        for (auto slot = table.next_due(side_.now, budget); slot.has_value();
             slot = table.next_due(side_.now, budget)) {
            table.enter_tearing_down(*slot, {ErrorCode::lease_expired, lease::Reason::ttl_elapsed},
                                     side_.now, side_.now);
            seal(table.info(*slot));
            table.enter_free(*slot);
        }
    }
    void seal(const lease::LeaseInfo& info) {
        lease::AuditEvent event;
        event.kind = lease::EventKind::lease_expired;
        event.timestamp = {side_.now.ms};
        event.identity = info.identity;
        event.tenant = info.tenant;
        event.lease_ref = info.ref;
        event.epoch = info.epoch;
        event.reason = info.reason;
        const lease::EventData data = lease::encode_data(lease::EndData{
            info.generation, info.extent, {}, static_cast<uint8_t>(lease::RevokeState::active)});
        event.event_data = data.view();
        if (!chain_.seal(event, out_).is_ok()) {
            std::abort();
        }
    }

    TableSide side_;
    lease::NullSigner signer_{NodeId{}};
    lease::ChainAssembler chain_{{}, {1}, signer_};
    std::array<uint8_t, 512> out_{};
};

/// The same records, with nothing else done.
double bare_seals_ms(uint32_t count) {
    const lease::NullSigner signer{NodeId{}};
    lease::ChainAssembler chain{{}, {1}, signer};
    const lease::EventData data = lease::encode_data(lease::EndData{});
    const std::array<uint8_t, 32> identity{};
    std::array<uint8_t, 512> out{};
    lease::AuditEvent event;
    event.kind = lease::EventKind::lease_expired;
    event.identity = identity;
    event.reason = lease::Reason::ttl_elapsed;
    event.event_data = data.view();
    const uint64_t from = cpu_ns();
    for (uint32_t index = 0; index < count; ++index) {
        event.epoch = {index};
        if (!chain.seal(event, out).is_ok()) {
            std::abort();
        }
    }
    return static_cast<double>(cpu_ns() - from) / 1e6;
}

void run_sealed_expiry(const Options& options, Report& report, uint32_t count) {
    Row total{"audit", "mass expiry, ended, sealed and freed", count, "ms", {}, "bare seals",
              {},      {GoalKind::ratio_at_most, 1.3}};
    Row worst{"audit", "worst turn of it (turn_max 10 ms)", count, "us", {}, "",
              {},      {GoalKind::value_at_most, 10'000}};
    for (uint32_t round = 0; round < options.rounds; ++round) {
        double worst_us = 0;
        total.ours.add(SealedExpiry{count}.run(worst_us));
        worst.ours.add(worst_us);
        total.theirs.add(bare_seals_ms(count));
    }
    if (count == 100'000) {
        Row absolute = total;
        absolute.peer.clear();
        absolute.theirs = {};
        absolute.goal = {GoalKind::value_at_most, 30};
        report.add(absolute);
    }
    report.add(total);
    report.add(worst);
}

} // namespace

void run_audit(const Options& options, Report& report) {
    run_seal(options, report);
    run_sealed_expiry(options, report, 100'000);
    if (!options.is_quick) {
        run_sealed_expiry(options, report, 1'000'000);
    }
}

} // namespace grafos::bench
