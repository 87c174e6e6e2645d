// SPDX-License-Identifier: Apache-2.0
/// A fabric of a few machines inside a test: real nodes, real sessions, real leases, on simulated
/// time, disks and net, in one thread. One seed is the whole story.
///
///     testkit::SimFabric fabric{3};                     // node0, node1, node2: booted, trusted
///     testkit::Node& node = fabric.node(0);             // a pump, as on a real machine
///     auto lease = fabric::MemBuilder{node.fabric()}.min_bytes(64).on("node1").acquire(node);
///     fabric.partition(0, 1);
///     fabric.advance(20_s);
///     EXPECT_FALSE(lease.value().status().is_ok());
///
/// Time passes only in calls that say so (`advance`, `run_until`, a pump's turn). A mistake in
/// using the kit ends the process with a sentence; what the fabric does never does.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/fabric/builder.hpp"
#include "tests/sim/faults/fault_driver.hpp"
#include "tests/testkit/fabric/archivist.hpp"
#include "tests/testkit/fabric/outcome.hpp"
#include "tests/testkit/fabric/program_host.hpp"
#include "tests/testkit/fabric/story.hpp"

namespace grafos::testkit {

using test::FaultKind;
using test::FaultSet;
using test::SimFaults;

struct SimFabricOptions {
    size_t nodes = 2;                 ///< 1 … nodes_max; `names` decide if there are any
    std::vector<std::string> names{}; ///< else node0, node1, …
    uint64_t seed = 1;
    uint32_t drift_ppm = 0; ///< clocks run so much fast and slow, in turn
    Duration delay_most{3}; ///< of a datagram, from 1 ms
    bool keeps_logs = true; ///< somebody trims them; else a log fills up in the end
};

class SimFabric;

/// What a program sees of its machine: the fabric, and the loop that it turns while it waits. Code
/// written for `fabric::Fabric` and `fabric::Pump` runs on it as it is.
class Node final : public fabric::Pump {
public:
    Node(SimFabric& world, size_t index) noexcept : world_{world}, index_{index} {}
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    /// Of this boot of the machine.
    [[nodiscard]] fabric::Fabric& fabric();
    /// Until the machine has had another turn: the rest of the world goes on meanwhile.
    void turn() noexcept override;
    [[nodiscard]] bool is_turning() const noexcept override { return false; }
    /// Until `length` has passed on this machine's clock.
    void sleep(Duration length);
    /// Until every lease that was dropped has been let go of.
    void settle();

    /// This machine's own clock, as its programs see it.
    [[nodiscard]] Instant now();
    [[nodiscard]] size_t index() const noexcept { return index_; }
    [[nodiscard]] std::string_view name() const noexcept;
    /// A line of the story (story.hpp).
    void say(const std::string& text);

private:
    void wait(Instant wake_at);

    SimFabric& world_;
    size_t index_;
};

/// One lease, as its home node has it.
struct LeaseView {
    size_t home = 0;
    LeaseRef ref{};
    lease::ResourceKind kind{};
    uint64_t bytes = 0;
    lease::Extent extent{}; ///< units of its home
    lease::Phase phase{};
    Epoch epoch{};
    Duration left{};      ///< of a live one
    std::string holder{}; ///< the machine it was granted to
};

class SimFabric {
public:
    static constexpr size_t nodes_max = test::sim_programs.peers_max + 1;

    explicit SimFabric(size_t nodes, uint64_t seed = 1);
    explicit SimFabric(const SimFabricOptions& options);
    SimFabric(const SimFabric&) = delete;
    SimFabric& operator=(const SimFabric&) = delete;
    ~SimFabric();

    [[nodiscard]] size_t size() const noexcept { return hosts_.size(); }
    [[nodiscard]] uint64_t seed() const noexcept { return seed_; }
    [[nodiscard]] Node& node(size_t index);
    [[nodiscard]] Node& node(std::string_view name);
    /// Runs `program` on a machine from its next turn on, beside the test and other programs. It
    /// is killed when the machine loses power (no destructor runs) and begins anew when it is back.
    const Program& run(size_t index, std::function<void(Node&)> program);
    const Program& run(std::string_view name, std::function<void(Node&)> program);

    // --- time: of the world; machines' clocks begin elsewhere, and may drift
    [[nodiscard]] Instant now() noexcept { return world_->now(); }
    void advance(Duration length);
    /// Whether `condition` came to be in `most`. It is asked after every step.
    bool run_until(const std::function<bool()>& condition, Duration most);

    // --- the net
    void partition(size_t a, size_t b);
    /// Nothing goes from one to the other; the other way stays open.
    void partition_one_way(size_t from, size_t to);
    /// What is sent from one to the other waits, and arrives when healed.
    void hold_one_way(size_t from, size_t to);
    /// One that was closed by any of these.
    void release_one_way(size_t from, size_t to);
    /// From all others.
    void isolate(size_t index);
    /// Every way is open, every disk whole, and a swarm of faults is over. What is off stays off.
    void heal();

    // --- machines
    /// Power is gone at once; what the disk had not flushed is kept or lost, by the seed.
    void kill(size_t index);
    /// On again (off before, if it was on), and ready: waits for that.
    void restart(size_t index);
    [[nodiscard]] bool is_on(size_t index);
    /// No turn for so long, though its clock goes on.
    void pause(size_t index, Duration length);
    void set_clock(size_t index, int64_t by_ms);
    /// Its lent blocks: every read, or every write, fails with io until `mend_disk`.
    void break_disk(size_t index, hal::BlockOperation operation);
    void mend_disk(size_t index);

    // --- what an operator does
    /// The home of this lease ends it at once. Failures: not_found (lease_ref: nobody has it).
    Result<> revoke(const LeaseRef& ref);
    /// All fences of a machine, one after another. Failures: of the first that fails.
    Result<> clear_fences(size_t index);
    /// Every holder sleeps until all its leases have run out: real expiry, of the longest TTL.
    void expire_leases();

    // --- looking
    /// All that any machine has in its table; off machines have none.
    [[nodiscard]] std::vector<LeaseView> leases();
    /// Of one machine. Context: it is on.
    [[nodiscard]] lease::ResourceInfo inventory(size_t index, lease::ResourceKind kind);
    /// The bytes that lie in the units of a lease just now, whoever has them by now.
    [[nodiscard]] std::vector<uint8_t> units_of(const LeaseView& lease);
    [[nodiscard]] Story& story() noexcept { return story_; }
    /// A number that the seed decides, below `count`.
    [[nodiscard]] uint64_t draw(uint64_t count) noexcept { return choice_.below(count); }

    // --- a swarm of faults (explore.hpp)
    /// From now on, for `length`; machines that crash come back by themselves.
    void begin_faults(const SimFaults& faults, Duration length);
    /// How many happened, by kind.
    [[nodiscard]] uint64_t count(FaultKind kind);

    /// The simulator underneath, for what the kit leaves out.
    [[nodiscard]] test::SimFabric& world() noexcept { return *world_; }

private:
    friend class Node;
    [[nodiscard]] test::SimMachine& machine(size_t index);
    [[nodiscard]] ProgramHost& host(size_t index) { return *hosts_[index]; }
    [[nodiscard]] size_t index_of(std::string_view name) const;
    void step(Instant limit);
    void keep_logs();
    void close(size_t from, size_t to, bool is_held);
    void must_be_outside(const char* what) const;
    [[nodiscard]] Result<lease::Answer> operate(size_t index, const lease::Request& request);

    class World final : public test::SimFabric {
    public:
        using test::SimFabric::SimFabric;
    };

    uint64_t seed_;
    test::SeededChoice choice_;
    std::vector<std::unique_ptr<ProgramHost>> hosts_{};
    std::vector<std::unique_ptr<Node>> nodes_{};
    std::vector<test::SimDiskImage> images_{};
    std::unique_ptr<test::SimMachineArea[]> areas_;
    std::unique_ptr<std::optional<test::SimMachine>[]> machines_;
    std::optional<World> world_{};
    Story story_;
    std::vector<Archivist> archivists_{}; ///< none, or one a machine
    Instant archive_at_{};
    std::optional<test::FaultDriver> driver_{};
    Instant faults_until_ = Instant::never();
    std::vector<bool> is_closed_{}; ///< ways, from × size + to
};

/// A lease's name, short, as the kit prints it.
[[nodiscard]] std::string text_of(const LeaseRef& ref);

} // namespace grafos::testkit
