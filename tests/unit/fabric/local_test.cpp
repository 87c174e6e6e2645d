// SPDX-License-Identifier: Apache-2.0
/// Leases of this machine's own node, by the same source as those of another.
#include "tests/support/node_rig.hpp"
#include "tests/unit/fabric/fabric_rig.hpp"

namespace grafos::fabric {
namespace {

constexpr Duration ttl{2'000};

test::NodeRigArea node_area;

/// A whole node and a program beside it, on one machine.
class LocalRig final : public Pump {
public:
    LocalRig() noexcept : rig{node_area} {
        rig.boot_clean();
        drbg.seed(bytes_of("local"));
        homes[0] = {.name = "here", .grantor = &rig.node(), .lessor = &rig.node().lessor()};
        new (&area_) Fabric{{test::rig_fabric, homes, leases.holdings, leases.renewal_storage(),
                             nullptr, drbg, rig.node().identity()}};
    }
    ~LocalRig() { fabric().~Fabric(); }
    LocalRig(const LocalRig&) = delete;
    LocalRig& operator=(const LocalRig&) = delete;

    void turn() noexcept override {
        is_turning_ = true;
        rig.turn();
        fabric().tick(rig.node().now());
        fabric().flush(rig.node().now());
        is_turning_ = false;
    }
    [[nodiscard]] bool is_turning() const noexcept override { return is_turning_; }
    void run(Duration length) noexcept {
        for (uint64_t i = 0; i < length.ms; ++i) {
            turn();
        }
    }
    [[nodiscard]] Fabric& fabric() noexcept {
        return *std::launder(reinterpret_cast<Fabric*>(&area_));
    }

    test::NodeRig rig;
    crypto::Drbg drbg{};
    LeaseStorageOf<test::rig_fabric> leases{};
    std::array<Home, 1> homes{};

private:
    alignas(Fabric) std::array<uint8_t, sizeof(Fabric)> area_;
    bool is_turning_ = false;
};
using Local = test::FreshRig<LocalRig>;

/// What any program does; it cannot see where its lease is.
void use_memory(Fabric& fabric, Pump& pump) {
    Result<MemLease> acquired = MemBuilder{fabric}.min_bytes(5'000).lease_ttl(ttl).acquire(pump);
    ASSERT_TRUE(acquired.is_ok());
    MemLease lease = std::move(acquired).value();
    FabricMem mem = lease.mem();
    EXPECT_GE(mem.arena_size(), 5'000u);
    std::array<uint8_t, 2'500> in{};
    ASSERT_TRUE(mem.read(0, in, pump).is_ok());
    EXPECT_TRUE(is_all_zero(in));
    std::array<uint8_t, 2'500> out{};
    for (size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<uint8_t>(i + 1);
    }
    ASSERT_TRUE(mem.write(100, out, pump).is_ok());
    ASSERT_TRUE(mem.read(100, in, pump).is_ok());
    EXPECT_TRUE(is_equal(in, out));
    EXPECT_TRUE(mem.write(mem.arena_size(), bytes_of("x"), pump).error().code ==
                ErrorCode::capacity_exceeded);
    for (uint64_t i = 0; i < 2 * ttl.ms; ++i) { // renewed meanwhile
        pump.turn();
    }
    EXPECT_TRUE(lease.status().is_ok());
    EXPECT_TRUE(mem.read(100, in, pump).is_ok());
    EXPECT_GT(lease.expires_at(), fabric.now());
}

void use_blocks(Fabric& fabric, Pump& pump) {
    Result<BlockLease> acquired = BlockBuilder{fabric}.min_blocks(4).lease_ttl(ttl).acquire(pump);
    ASSERT_TRUE(acquired.is_ok());
    BlockLease lease = std::move(acquired).value();
    FabricBlock block = lease.block();
    EXPECT_GE(block.num_blocks(), 4u);
    std::array<uint8_t, 512> out{};
    out[0] = 1;
    out[511] = 2;
    ASSERT_TRUE(block.write_block(3, out, pump).is_ok());
    ASSERT_TRUE(block.flush(pump).is_ok());
    std::array<uint8_t, 512> in{};
    ASSERT_TRUE(block.read_block(3, in, pump).is_ok());
    EXPECT_TRUE(is_equal(in, out));
    EXPECT_TRUE(block.read_block(block.num_blocks(), in, pump).error().field == Field::block);
}

TEST(FabricLocal, A_program_reads_the_same_on_this_machine_and_on_another) {
    {
        Local here;
        use_memory(here->fabric(), *here);
        use_blocks(here->fabric(), *here);
        here->run(Duration{20});
        EXPECT_EQ(here->fabric().count(), 0u);
        EXPECT_EQ(here->fabric().figures().released, 2u);
        EXPECT_EQ(here->rig.node().lessor().table().live_count(), 0u);
    }
    test::OneNode there;
    use_memory(there->fabric(), *there);
    there->nodes[0].memory = {};
    use_blocks(there->fabric(), *there);
    there->run(Duration{20});
    EXPECT_EQ(there->fabric().count(), 0u);
    EXPECT_EQ(there->nodes[0].live_count(), 0u);
}

TEST(FabricLocal, The_nodes_refusals_are_the_programs) {
    Local rig;
    const Result<MemLease> lease =
        MemBuilder{rig->fabric()}.min_bytes(uint64_t{1} << 30).lease_ttl(ttl).acquire(*rig);
    ASSERT_FALSE(lease.is_ok());
    EXPECT_TRUE(lease.error().code == ErrorCode::capacity_exceeded);
    EXPECT_EQ(rig->fabric().count(), 0u);
}

TEST(FabricLocal, A_revocation_is_found_by_the_next_access) {
    Local rig;
    Result<MemLease> lease = MemBuilder{rig->fabric()}.lease_ttl(ttl).acquire(*rig);
    ASSERT_TRUE(lease.is_ok());
    lease::Request revoke;
    revoke.operation = lease::Operation::revoke;
    revoke.lease_ref = lease.value().lease_ref();
    revoke.reason = lease::Reason::operator_request;
    ASSERT_TRUE(rig->rig.ask(revoke).is_ok());
    FabricMem mem = lease.value().mem();
    EXPECT_TRUE(mem.write(0, bytes_of("x"), *rig).error().code == ErrorCode::revoked);
    EXPECT_TRUE(lease.value().status().error().code == ErrorCode::revoked);
    rig->run(Duration{3'000});
    EXPECT_TRUE(lease.value().status().error().code == ErrorCode::revoked);
}

TEST(FabricLocal, Attach_takes_up_a_lease_of_this_machine) {
    Local rig;
    const lease::Answer granted = rig->rig.must_grant(4'096, Duration{5'000});
    {
        Result<MemLease> lease = MemBuilder{rig->fabric()}.attach(granted.lease, *rig);
        ASSERT_TRUE(lease.is_ok());
        EXPECT_TRUE(lease.value().lease_ref() == granted.lease_ref);
        EXPECT_TRUE(lease.value().mem().write(0, bytes_of("mine again"), *rig).is_ok());
        rig->run(Duration{8'000});
        EXPECT_TRUE(lease.value().status().is_ok());
    }
    rig->run(Duration{20});
    EXPECT_TRUE(MemBuilder{rig->fabric()}.attach(granted.lease, *rig).error().code ==
                ErrorCode::released);
    const lease::Answer other = rig->rig.must_grant(4'096, Duration{5'000});
    EXPECT_TRUE(BlockBuilder{rig->fabric()}.attach(other.lease, *rig).error().code ==
                ErrorCode::foreign);
}

TEST(FabricLocal, Dropped_with_an_access_in_flight_the_blocks_are_wiped_all_the_same) {
    Local rig;
    std::array<uint8_t, 512> bytes{};
    {
        Result<BlockLease> lease = BlockBuilder{rig->fabric()}.lease_ttl(ttl).acquire(*rig);
        ASSERT_TRUE(lease.is_ok());
        FabricBlock block = lease.value().block();
        ASSERT_TRUE(block.start_read_block(0, bytes).is_ok());
    }
    rig->run(Duration{200});
    EXPECT_EQ(rig->fabric().count(), 0u);
    for (const lease::Resource* const resource : rig->rig.node().lessor().resources()) {
        const lease::ResourceInfo info = resource->info();
        EXPECT_EQ(info.free, info.unit_count);
        EXPECT_EQ(info.fenced, 0u);
    }
}

TEST(FabricLocal, A_step_back_of_the_clock_is_no_matter_on_the_same_clock) {
    Local rig;
    Result<MemLease> lease = MemBuilder{rig->fabric()}.lease_ttl(ttl).acquire(*rig);
    ASSERT_TRUE(lease.is_ok());
    rig->fabric().mark_suspect();
    EXPECT_TRUE(lease.value().status().is_ok());
}

TEST(FabricLocal, The_program_of_this_machine_is_not_called_over_the_net) {
    Local rig;
    const Result<CallHandle> call = rig->fabric().start_call(0, 1, bytes_of("me"), Duration{100});
    ASSERT_FALSE(call.is_ok());
    EXPECT_EQ(call.error(), (Error{ErrorCode::unsupported, Field::node_id, 0, 0}));
}

TEST(FabricLocal, A_lease_of_this_machine_is_found_again_by_its_key) {
    Local rig;
    const AllocKey key{{1}};
    const Result<MemLease> lease = MemBuilder{rig->fabric()}.key(key).lease_ttl(ttl).acquire(*rig);
    ASSERT_TRUE(lease.is_ok());
    lease::Request request;
    request.operation = lease::Operation::grant;
    request.caller = {{}, rig->rig.node().identity().exchange_key().view()};
    request.resource = lease::resource_id_of(lease::ResourceKind::memory, 0);
    request.amount_bytes = 1;
    request.ttl = ttl;
    request.alloc_key = key;
    const Result<lease::Ticket> ticket = rig->rig.node().start(request);
    ASSERT_TRUE(ticket.is_ok());
    rig->run(Duration{20});
    const Result<lease::Answer> again = rig->rig.node().poll(ticket.value());
    ASSERT_TRUE(again.is_ok());
    EXPECT_TRUE(again.value().lease == lease.value().lease_id());
}

} // namespace
} // namespace grafos::fabric
