// SPDX-License-Identifier: Apache-2.0
/// What a payload costs by the tables of the wire: written from a struct and read into one.
#include "core/wire/codec.hpp"
#include "core/wire/messages.hpp"
#include "tests/bench/instructions/rows.hpp"

namespace grafos::board {
namespace {

template <typename Message>
void measure_payload(Report& report, std::string_view name, const Message& message) noexcept {
    std::array<uint8_t, 512> payload;
    Row row;
    bool is_same = true;
    for (int round = 0; round < 3; ++round) {
        row.measure([&] {
            const Result<size_t> size = wire::encode(message, payload);
            is_same =
                size.is_ok() && wire::decode<Message>(Bytes{payload}.first(size.value())).is_ok();
        });
        GRAFOS_ASSERT(is_same);
    }
    report.print_row("codec", name, row);
}

} // namespace

void measure_codec(Report& report) noexcept {
    const std::array<uint8_t, lease::token_bytes_min> token{lease::token_version};
    const std::array<uint8_t, 64> data{};
    measure_payload(
        report, "alloc",
        wire::LeaseAllocRequest{
            token, lease::ResourceKind::memory, {}, 4096, Duration{60'000}, AllocKey{{1}}, {}});
    wire::LeaseAllocReply granted;
    granted.token = token;
    granted.lease.bytes.fill(1);
    granted.lease_ref.bytes.fill(2);
    granted.epoch = {1};
    granted.left = Duration{60'000};
    granted.size_bytes = 4096;
    granted.kind = lease::ResourceKind::memory;
    granted.unit_bytes = 4096;
    measure_payload(report, "alloc_reply", granted);
    measure_payload(report, "renew", wire::LeaseRenewRequest{token, Duration{60'000}});
    wire::LeaseRenewReply renewed;
    renewed.token = token;
    renewed.generation = {1};
    renewed.left = Duration{60'000};
    measure_payload(report, "renew_reply", renewed);
    measure_payload(report, "read_64", wire::MemReadRequest{token, 0, 64});
    measure_payload(report, "read_64_reply", wire::MemReadReply{data});
}

} // namespace grafos::board
