// SPDX-License-Identifier: Apache-2.0
/// What a simulated run did, as one number: two runs did the same exactly if their traces end
/// alike.
///
/// A chain of SHA-256, like the audit chain: each event is hashed behind the head so far, with its
/// kind, its time and whose it is. So the head may be looked at after any event, and two runs that
/// differ can be searched by halves for the first event that does.
#pragma once

#include "core/base/time.hpp"
#include "core/crypto/sha256.hpp"

namespace grafos::test {

class Trace {
public:
    enum class Kind : uint8_t {
        delivery = 1,     ///< a datagram, as it was handed over
        device_write = 2, ///< sector, then the bytes
        device_flush = 3,
        result = 4, ///< what a program was answered
        record = 5, ///< a node's chain moved on: its new anchor
        mark = 6,   ///< something that the test did
        fault = 7,  ///< something that befell a machine or its disk
    };

    constexpr Trace() noexcept = default;
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;

    /// The time of the events to come.
    void set_now(Instant now) noexcept { now_ = now; }
    [[nodiscard]] Instant now() const noexcept { return now_; }

    /// `who` and the parts of `bytes` are told apart by their fixed places and lengths.
    void add(Kind kind, uint32_t who, Bytes head, Bytes bytes = {}) noexcept {
        std::array<uint8_t, 1 + 4 + 8 + 8 + 8> frame;
        frame[0] = static_cast<uint8_t>(kind);
        store_big_endian<uint32_t>(frame.data() + 1, who);
        store_big_endian<uint64_t>(frame.data() + 5, now_.ms);
        store_big_endian<uint64_t>(frame.data() + 13, head.size());
        store_big_endian<uint64_t>(frame.data() + 21, bytes.size());
        head_ = crypto::sha256_of_parts({head_.view(), frame, head, bytes});
        count_ += 1;
    }

    [[nodiscard]] const Digest& head() const noexcept { return head_; }
    [[nodiscard]] uint64_t count() const noexcept { return count_; }

private:
    Instant now_{};
    Digest head_{};
    uint64_t count_ = 0;
};

} // namespace grafos::test
