// SPDX-License-Identifier: Apache-2.0
/// A holder writes anything over a lock in its lease, and then everybody uses it. The first 256
/// bytes are the header (a good one, where a byte says so, with the others laid over it); what
/// follows are calls. No bytes may reach an assertion, no verb may write outside the lease, and
/// what the node itself wrote it can read again.
#include "core/lease/lock/lock_header.hpp"
#include "tests/support/token_rig.hpp"

using namespace grafos;
using namespace grafos::lease;

namespace {

constexpr uint64_t lock_offset = 1024;

void check_outside(const test::TokenRig& rig) {
    GRAFOS_ASSERT(is_all_zero(Bytes{rig.ram}.subspan(test::TokenRig::lease_bytes)));
}

void try_lock(test::TokenRig& rig, ByteReader& in) {
    LockRequest request;
    request.offset = in.take<uint8_t>() < 8 ? in.take<uint64_t>() : lock_offset;
    request.nonce.value = in.take<uint8_t>() % 12u;
    request.ttl.ms = in.take<uint16_t>();
    const Result<LockGrant> grant = rig.verbs.lock(rig.authority, request, rig.now);
    if (!grant.is_ok()) {
        GRAFOS_ASSERT(grant.error().field != Field::none);
        return;
    }
    const Bytes header = Bytes{rig.ram}.subspan(request.offset, limits::lock_bytes);
    const LockHeader read = read_lock(header, rig.lessor.first_epoch(), rig.now).value();
    GRAFOS_ASSERT(!grant.value().is_granted || (read.is_held && read.nonce == request.nonce));
    GRAFOS_ASSERT(grant.value().left <= limits::lease_ttl_max);
}

void try_commit(test::TokenRig& rig, ByteReader& in) {
    static constexpr std::array<uint8_t, 256> data{};
    std::array<CommitExtent, limits::commit_extents_max> extents{};
    CommitRequest request;
    request.offset = lock_offset;
    request.generation.value = in.take<uint8_t>();
    request.nonce.value = in.take<uint8_t>() % 12u;
    request.release = in.take<uint8_t>() % 2 == 1;
    const size_t count = in.take<uint8_t>() % (limits::commit_extents_max + 1);
    for (CommitExtent& extent : std::span{extents}.first(count)) {
        extent.offset = in.take<uint16_t>();
        extent.bytes = Bytes{data}.first(in.take<uint8_t>());
    }
    request.extents = std::span{extents}.first(count);
    const auto before = rig.ram;
    if (!rig.verbs.commit(rig.authority, request, rig.now).is_ok()) {
        GRAFOS_ASSERT(is_equal(before, rig.ram)); // nothing or all
    }
}

void try_word(test::TokenRig& rig, ByteReader& in) {
    const uint64_t offset = in.take<uint16_t>();
    const uint64_t value = in.take<uint64_t>();
    (void)rig.verbs.fetch_add(rig.authority, offset, value, rig.now).is_ok();
    (void)rig.verbs.compare_exchange(rig.authority, offset, value, in.take<uint64_t>(), rig.now)
        .is_ok();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static auto& rig = *new test::TokenRig{};
    rig.ram.fill(0);
    rig.now = {10'000};
    ByteReader in{{data, size}};
    const MutableBytes header = MutableBytes{rig.ram}.subspan(lock_offset, limits::lock_bytes);
    if (in.take<uint8_t>() % 2 == 0) {
        copy_bytes(header, in.take_bytes(in.left() < header.size() ? in.left() : header.size()));
    } else {
        for (uint64_t nonce = 1; nonce <= 4; ++nonce) {
            LockRequest request;
            request.offset = lock_offset;
            request.nonce = {nonce};
            request.ttl = Duration{500};
            GRAFOS_ASSERT(rig.verbs.lock(rig.authority, request, rig.now).is_ok());
        }
        for (size_t changes = in.take<uint8_t>() % 4u; changes > 0; --changes) {
            header[in.take<uint8_t>()] = in.take<uint8_t>();
        }
    }
    for (size_t calls = 0; calls < 32 && in.left() > 0; ++calls) {
        const auto call = in.take<uint8_t>();
        switch (call % 4) {
        case 0: try_lock(rig, in); break;
        case 1: try_commit(rig, in); break;
        case 2: rig.now.ms += call; break;
        default: try_word(rig, in); break;
        }
        check_outside(rig);
    }
    return 0;
}
