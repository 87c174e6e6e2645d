// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/oracles/lock_watch.hpp"

namespace grafos::test {
namespace {

constexpr std::string_view magic{"gLck", 4};
constexpr size_t header_bytes = 256;
constexpr size_t step_bytes = 8; ///< a lock stands at a multiple of it

[[nodiscard]] uint64_t word_at(Bytes bytes, size_t at) noexcept {
    return load_little_endian<uint64_t>(bytes.data() + at);
}

} // namespace

/// The one that is known, or the place of the oldest.
LockWatch::Known& LockWatch::find(uint64_t epoch, uint64_t offset) noexcept {
    for (Known& known : known_) {
        if (known.epoch == epoch && known.offset == offset) {
            return known;
        }
    }
    Known& place = known_[next_];
    next_ = (next_ + 1) % known_.size();
    place = {epoch, offset, {}};
    return place;
}

void LockWatch::look(uint64_t epoch, Bytes bytes, Instant node) noexcept {
    for (size_t at = 0; at + header_bytes <= bytes.size(); at += step_bytes) {
        const Bytes header = bytes.subspan(at, header_bytes);
        if (!is_equal(header.first(magic.size()), bytes_of(magic))) {
            continue;
        }
        take(find(epoch, at),
             {.is_held = header[6] == 1,
              .generation = word_at(header, 16),
              .nonce = word_at(header, 24),
              .deadline = word_at(header, 48),
              .commits = word_at(header, 56),
              .last_generation = word_at(header, 64),
              .last_nonce = word_at(header, 72)},
             node.ms);
        at += header_bytes - step_bytes;
    }
}

void LockWatch::take(Known& known, const Lock& now, uint64_t at) noexcept {
    const Lock before = known.lock;
    known.lock = now;
    expect(now.generation >= before.generation && now.commits >= before.commits,
           "the generation and the commits of a lock only rise");
    if (now.commits > before.commits) {
        check_commit(before, now, at);
    }
    if (now.generation > before.generation) {
        expect(!before.is_held || at >= before.deadline || now.commits > before.commits,
               "a lock is granted to one at a time");
        expect(!now.is_held || now.deadline > at, "a grant of a lock begins before it ends");
        return;
    }
    expect(before.is_held || !now.is_held, "the generation of a lock rises at each grant");
    expect(!before.is_held || !now.is_held ||
               (now.deadline == before.deadline && now.nonce == before.nonce),
           "a grant of a lock is the same as long as it lasts");
    expect(!before.is_held || now.is_held || at >= before.deadline || now.commits > before.commits,
           "only its deadline or its holder's commit frees a lock");
}

/// The last of them; those before it in the same turn left nothing that could be seen.
void LockWatch::check_commit(const Lock& before, const Lock& now, uint64_t at) noexcept {
    expect(now.last_generation >= before.generation && now.last_generation <= now.generation,
           "a commit carries the generation of a grant");
    if (now.last_generation == before.generation) {
        expect(before.is_held, "no commit follows the releasing one");
        expect(at < before.deadline, "a commit comes before its grant's deadline");
        expect(now.last_nonce == before.nonce, "a commit carries its grant's nonce");
    }
    if (now.last_generation == now.generation) {
        expect(now.last_nonce == now.nonce, "a commit carries its grant's nonce");
    }
}

} // namespace grafos::test
