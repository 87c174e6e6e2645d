// SPDX-License-Identifier: Apache-2.0
/// What a node spends on one request of somebody else, from the sealed packet until its sealed
/// answer has left: all its turns together, the commit included where there is one.
#include <new>

#include "tests/bench/instructions/rows.hpp"
#include "tests/support/service_pair.hpp"

namespace grafos::board {
namespace {

alignas(64) constinit std::array<uint8_t, sizeof(test::ServicePair)> pair_area{};

/// The least that a program can do with a call.
class Echo final : public node::ProgramDesk {
public:
    explicit Echo(node::FabricService& service) noexcept : service_{service} {}
    Result<> on_call(const node::CallTicket& ticket, const wire::Principal&, uint64_t,
                     Bytes message, Instant now) noexcept override {
        return service_.answer_call(ticket, message, now);
    }

private:
    node::FabricService& service_;
};

} // namespace

void measure_service(Report& report, MutableBytes disk, MutableBytes memory) noexcept {
    zero_bytes(disk);
    auto& pair = *new (pair_area.data()) test::ServicePair{disk, memory};
    pair.open();
    pair.ask(wire::MessageType::cap_request,
             wire::CapRequestRequest{
                 {1}, lease::ResourceKind::memory, {}, 4096, Duration{60'000}, Duration{60'000}});
    pair.serve();
    const lease::Token cap = lease::token_of(pair.finish<wire::CapRequestReply>().token).value();
    const std::array<uint8_t, 64> data{};
    Row grant, renew, read, write, release, ping, call;
    Echo echo{pair.service};
    pair.service.open_desk(echo);
    for (int round = 0; round < 20; ++round) {
        pair.ask(wire::MessageType::lease_alloc,
                 wire::LeaseAllocRequest{
                     cap.view(), lease::ResourceKind::memory, {}, 4096, Duration{60'000}, {}, {}});
        grant.measure([&] { pair.serve(); });
        const auto held = pair.finish<wire::LeaseAllocReply>();
        const LeaseId id = held.lease;
        lease::Token token = lease::token_of(held.token).value();
        for (int i = 0; i < 3; ++i) { // the token is new, then known
            pair.ask(wire::MessageType::mem_read, wire::MemReadRequest{token.view(), 0, 64});
            read.measure([&] { pair.serve(); });
            (void)pair.finish<wire::MemReadReply>();
            pair.ask(wire::MessageType::mem_write, wire::MemWriteRequest{token.view(), 0, data});
            write.measure([&] { pair.serve(); });
            (void)pair.finish<wire::MemWriteReply>();
            pair.ask(wire::MessageType::lease_renew, wire::LeaseRenewRequest{token.view(), {}});
            renew.measure([&] { pair.serve(); });
            token = lease::token_of(pair.finish<wire::LeaseRenewReply>().token).value();
        }
        pair.ask(wire::MessageType::lease_free, wire::LeaseFreeRequest{id});
        release.measure([&] { pair.serve(); });
        (void)pair.finish<wire::LeaseFreeReply>();
        pair.ask(wire::MessageType::ping, wire::PingRequest{});
        ping.measure([&] { pair.serve(); });
        (void)pair.finish<wire::PingReply>();
        pair.ask(wire::MessageType::program_call, wire::ProgramCallRequest{1, data});
        call.measure([&] { pair.serve(); });
        (void)pair.finish<wire::ProgramCallReply>();
    }
    report.print_row("service", "grant", grant);
    report.print_row("service", "renew", renew);
    report.print_row("service", "read_64", read);
    report.print_row("service", "write_64", write);
    report.print_row("service", "free", release);
    report.print_row("service", "ping", ping);
    report.print_row("service", "call_64", call);
    pair.~ServicePair();
}

} // namespace grafos::board
