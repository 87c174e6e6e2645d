// SPDX-License-Identifier: Apache-2.0
/// Leases over UDP loopback: a node's process and a program's, beside a bare echo over the same
/// link, Redis and etcd. Time is the wall's, since waiting is most of it.
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "tests/bench/loopback_client.hpp"
#include "tests/bench/measure.hpp"
#include "tests/bench/text_peers.hpp"

namespace grafos::bench {
namespace {

constexpr size_t grant_bytes = 320; ///< of an echo: longer than a grant's packet or its answer's
constexpr double ns_per_us = 1'000;

/// The times of one batch.
class Batch {
public:
    void add(uint64_t ns) { times_.push_back(static_cast<double>(ns)); }
    [[nodiscard]] double us_at(double part) {
        std::ranges::sort(times_);
        const auto last = static_cast<double>(times_.size() - 1);
        return times_[static_cast<size_t>(part * last)] / ns_per_us;
    }

private:
    std::vector<double> times_;
};

template <typename Operation>
[[nodiscard]] Batch batch_of(size_t count, const Operation& operation) {
    Batch batch;
    for (size_t i = 0; i < count; ++i) {
        batch.add(operation());
    }
    return batch;
}

template <typename Work>
[[nodiscard]] uint64_t timed(const Work& work) {
    const uint64_t from = wall_ns();
    work();
    return wall_ns() - from;
}

/// One session with one node, and what is asked in it.
class Holder {
public:
    Holder(LoopbackClient& client, size_t session) : client_{client}, session_{session} {
        wire::CapRequestRequest request;
        request.tenant = TenantId{7};
        request.kind = lease::ResourceKind::memory;
        request.bytes_max = 1 << 20;
        request.ttl_max = Duration{300'000};
        request.token_ttl = Duration{300'000};
        cap_ = lease::token_of(client_
                                   .ask<wire::CapRequestReply>(
                                       session_, wire::MessageType::cap_request, request)
                                   .token)
                   .value();
    }

    [[nodiscard]] wire::RequestHandle start_grant() {
        wire::LeaseAllocRequest request;
        request.token = cap_.view();
        request.kind = lease::ResourceKind::memory;
        request.amount_bytes = 4'096;
        request.ttl = Duration{300'000};
        return client_.start(session_, wire::MessageType::lease_alloc, request);
    }
    [[nodiscard]] bool is_done(wire::RequestHandle handle) {
        return client_.is_done(session_, handle);
    }
    void take_grant(wire::RequestHandle handle) {
        const auto reply = client_.take<wire::LeaseAllocReply>(session_, handle);
        held_.push_back(reply.lease);
        token_ = lease::token_of(reply.token).value();
    }
    [[nodiscard]] uint64_t grant() {
        return timed([&] {
            const wire::RequestHandle handle = start_grant();
            while (!is_done(handle)) {
                client_.turn();
            }
            take_grant(handle);
        });
    }
    [[nodiscard]] uint64_t renew() {
        return timed([&] {
            const auto reply = client_.ask<wire::LeaseRenewReply>(
                session_, wire::MessageType::lease_renew,
                wire::LeaseRenewRequest{token_.view(), Duration{300'000}});
            token_ = lease::token_of(reply.token).value();
        });
    }
    [[nodiscard]] uint64_t read() {
        return timed([&] {
            (void)client_.ask<wire::MemReadReply>(session_, wire::MessageType::mem_read,
                                                  wire::MemReadRequest{token_.view(), 0, 64});
        });
    }
    [[nodiscard]] uint64_t lock_and_unlock() {
        return timed([&] {
            nonce_ += 1;
            wire::MemLockRequest lock;
            lock.token = token_.view();
            lock.offset = 256;
            lock.nonce = {nonce_};
            lock.ttl = Duration{10'000};
            const auto granted =
                client_.ask<wire::MemLockReply>(session_, wire::MessageType::mem_lock, lock);
            GRAFOS_ASSERT(granted.is_granted);
            wire::MemCommitRequest unlock;
            unlock.token = token_.view();
            unlock.offset = 256;
            unlock.generation = granted.generation;
            unlock.nonce = lock.nonce;
            unlock.is_release = true;
            (void)client_.ask<wire::MemCommitReply>(session_, wire::MessageType::mem_commit,
                                                    unlock);
        });
    }

    /// Outside every clock: everything held, a window at a time, and until it is wiped.
    void free_all() {
        while (!held_.empty()) {
            std::vector<wire::RequestHandle> asked;
            while (!held_.empty() && asked.size() < LoopbackClient::window) {
                asked.push_back(client_.start(session_, wire::MessageType::lease_free,
                                              wire::LeaseFreeRequest{held_.back()}));
                held_.pop_back();
            }
            for (const wire::RequestHandle& handle : asked) {
                while (!is_done(handle)) {
                    client_.turn();
                }
                (void)client_.take<wire::LeaseFreeReply>(session_, handle);
            }
        }
        usleep(20'000);
    }
    void free_all_but_last() {
        if (!held_.empty()) {
            const LeaseId last = held_.back();
            held_.pop_back();
            free_all();
            held_.push_back(last);
        }
    }

private:
    LoopbackClient& client_;
    size_t session_;
    lease::Token cap_{};
    lease::Token token_{};
    uint32_t nonce_ = 0;
    std::vector<LeaseId> held_;
};

/// What the anchored grant cannot do without besides the net: one append made durable.
class BareCommit {
public:
    explicit BareCommit(const std::string& path)
        : file_{(write_zeroes(path, file_bytes), open(path.c_str(), O_RDWR | O_CLOEXEC))} {}
    BareCommit(const BareCommit&) = delete;
    BareCommit& operator=(const BareCommit&) = delete;
    ~BareCommit() { close(file_); }
    [[nodiscard]] uint64_t commit() {
        static constexpr std::array<uint8_t, 1'024> sectors{};
        return timed([&] {
            (void)!pwrite(file_, sectors.data(), sectors.size(), at_);
            (void)!fdatasync(file_);
            at_ = (at_ + 1'024) % file_bytes;
        });
    }

private:
    static constexpr off_t file_bytes = 1 << 26;
    int file_;
    off_t at_ = 0;
};

/// Everything that is up while rows are measured; who waits costs nothing.
struct Loopback {
    explicit Loopback(const std::string& folder)
        : memory_node{client.key(), ""},
          shm_node{shm_client.key(), "/dev/shm/grafos-bench-" + std::to_string(getpid()) + ".img"},
          disk_node{disk_client.key(), folder + "/node.img"} {}

    EchoSide echo_side;
    EchoClient echo{echo_side.address()};
    LoopbackClient client;
    LoopbackClient shm_client;
    LoopbackClient disk_client;
    NodeSide memory_node;
    NodeSide shm_node;
    NodeSide disk_node;
    RedisSide redis;
    bool has_redis = false;
};

[[nodiscard]] Row us_row(const char* what, uint64_t count, const char* peer, Goal goal = {}) {
    return {"wire", what, count, "us", {}, peer, {}, goal};
}

constexpr const char* echo_name = "UDP echo";

void run_opening(Loopback& net, const Options& options, Report& report) {
    Row row = us_row("UDP: open a session, wall", 1, "");
    Row steps{"wire", "public-key steps of the program for it", 1, "", {}, "", {}, {}};
    for (uint32_t round = 0; round < std::min(options.rounds, 5u); ++round) {
        size_t index = 0;
        usleep(250'000); // a node makes at most 20 public-key operations a second
        row.ours.add(static_cast<double>(
                         timed([&] { index = net.client.open(net.memory_node.principal()); })) /
                     ns_per_us);
        steps.ours.add(static_cast<double>(net.client.session(index).figures().public_key_steps));
    }
    report.add(row);
    report.add(steps);
}

/// One request at a time, both processes on one CPU.
void run_latency(Loopback& net, const Options& options, Report& report) {
    pin_to_cpu(0);
    const size_t count = options.is_quick ? 200 : 1'000;
    Holder holder{net.client, 0};
    Row echo100 = us_row("UDP echo, 100 bytes, p50", 100, "");
    Row echo1350 = us_row("UDP echo, 1,350 bytes, p50", 1'350, "");
    Row grant = us_row("UDP: sealed grant, disk in memory, p50", 1, echo_name);
    Row grant99 = us_row("UDP: the same, p99", 1, echo_name);
    Row more = us_row("UDP: sealed grant minus echo, p50", 1, "", {GoalKind::value_at_most, 2});
    Row renew = us_row("UDP: renew, p50", 1, echo_name);
    Row read = us_row("UDP: read 64 bytes, p50", 64, echo_name);
    Row lock = us_row("UDP: lock + unlock, p50", 1, echo_name, {GoalKind::ratio_at_most, 2.1});
    Row redis = us_row("UDP: sealed grant beside Redis, p50", 1, "Redis NX PX",
                       {GoalKind::ratio_at_most, 1});
    const auto redis_connection = net.has_redis ? net.redis.connect() : nullptr;
    uint64_t key = 0;
    for (uint32_t round = 0; round < options.rounds; ++round) {
        echo100.ours.add(batch_of(count, [&] { return net.echo.exchange(100); }).us_at(0.5));
        echo1350.ours.add(batch_of(count, [&] { return net.echo.exchange(1'350); }).us_at(0.5));
        Batch bare = batch_of(count, [&] { return net.echo.exchange(grant_bytes); });
        Batch granted = batch_of(count, [&] { return holder.grant(); });
        const double base = bare.us_at(0.5);
        grant.ours.add(granted.us_at(0.5));
        grant99.ours.add(granted.us_at(0.99));
        grant.theirs.add(base);
        grant99.theirs.add(bare.us_at(0.99));
        more.ours.add(granted.us_at(0.5) - base);
        if (net.has_redis) {
            Batch set = batch_of(count, [&] {
                const std::string command = RedisSide::grant(key++);
                return timed([&] {
                    redis_connection->send(command);
                    redis_connection->take_lines(1);
                });
            });
            redis.ours.add(granted.us_at(0.5));
            redis.theirs.add(set.us_at(0.5));
            redis_connection->send(RedisSide::forget_all());
            redis_connection->take_lines(1);
        }
        holder.free_all_but_last();
        renew.ours.add(batch_of(count, [&] { return holder.renew(); }).us_at(0.5));
        read.ours.add(batch_of(count, [&] { return holder.read(); }).us_at(0.5));
        lock.ours.add(batch_of(count, [&] { return holder.lock_and_unlock(); }).us_at(0.5));
        for (Row* const row : {&renew, &read, &lock}) {
            row->theirs.add(base);
        }
        holder.free_all();
    }
    for (const Row& row : {echo100, echo1350, grant, grant99, more, renew, read, lock}) {
        report.add(row);
    }
    if (net.has_redis) {
        report.add(redis);
    }
}

/// Who makes something durable, one of each a step.
struct AnchoredSide {
    std::function<uint64_t()> operation;
    Batch batch{};
};

/// `count` steps; the order moves on by one each step, so each comes after every other as often.
void take_steps(std::vector<AnchoredSide>& sides, size_t count) {
    for (size_t step = 0; step < count; ++step) {
        for (size_t i = 0; i < sides.size(); ++i) {
            AnchoredSide& side = sides[(step + i) % sides.size()];
            side.batch.add(side.operation());
        }
    }
}

/// What stands beside the anchored grant: its rows at the p50, and at the p10.
struct AnchoredPeer {
    AnchoredPeer(const char* what, const char* peer, double goal)
        : p50{us_row(what, 50, peer, {GoalKind::ratio_at_most, goal})},
          p10{us_row("  at the p10", 10, peer)} {}
    void add(Batch& ours, Batch& theirs, double besides) {
        p50.ours.add(ours.us_at(0.5));
        p50.theirs.add(theirs.us_at(0.5) + besides);
        p10.ours.add(ours.us_at(0.1));
        p10.theirs.add(theirs.us_at(0.1) + besides);
    }
    Row p50;
    Row p10;
};

/// The same with a log on files: in memory, which costs a helper's wake-up, and on the disk, by the
/// definition in README.md.
void run_anchored(Loopback& net, const std::string& folder, const Options& options,
                  Report& report) {
    pin_to_cpu(0);
    const size_t count = options.is_quick ? 50 : 200;
    BareCommit bare{folder + "/bare.img"};
    RedisSide redis;
    EtcdSide etcd;
    const bool has_redis = redis.start(folder + "/redis");
    const bool has_etcd = etcd.start(folder + "/etcd");
    if (!has_etcd) {
        std::fprintf(stderr, "bench: no etcd here: its rows are left out\n");
    }
    const auto connection = has_redis ? redis.connect() : nullptr;
    uint64_t key = 0;
    (void)net.shm_client.open(net.shm_node.principal());
    (void)net.disk_client.open(net.disk_node.principal());
    Holder shm{net.shm_client, 0};
    Holder disk{net.disk_client, 0};
    Row on_shm = us_row("UDP: sealed grant, file in /dev/shm, p50", 1, echo_name);
    Row on_disk99 = us_row("UDP: sealed grant, anchored on disk, p99", 1, "");
    AnchoredPeer beside_bare{"UDP: sealed grant, anchored on disk, p50", "echo + fdatasync", 1.1};
    AnchoredPeer beside_redis{"UDP: the same beside Redis, p50", "Redis, AOF always", 1};
    AnchoredPeer beside_etcd{"UDP: the same beside etcd's gateway, p50", "etcd, JSON, disk", 1};
    for (uint32_t round = 0; round < options.rounds; ++round) {
        const double base =
            batch_of(count, [&] { return net.echo.exchange(grant_bytes); }).us_at(0.5);
        on_shm.ours.add(batch_of(count, [&] { return shm.grant(); }).us_at(0.5));
        on_shm.theirs.add(base);
        std::vector<AnchoredSide> sides;
        sides.push_back({[&] { return disk.grant(); }});
        sides.push_back({[&] { return bare.commit(); }});
        if (has_redis) {
            sides.push_back({[&] {
                const std::string command = RedisSide::grant(key++);
                return timed([&] {
                    connection->send(command);
                    connection->take_lines(1);
                });
            }});
        }
        if (has_etcd) {
            sides.push_back({[&] { return etcd.grant(); }});
        }
        take_steps(sides, count);
        Batch& granted = sides[0].batch;
        on_disk99.ours.add(granted.us_at(0.99));
        beside_bare.add(granted, sides[1].batch, base);
        if (has_redis) {
            beside_redis.add(granted, sides[2].batch, 0);
        }
        if (has_etcd) {
            beside_etcd.add(granted, sides.back().batch, 0);
        }
        shm.free_all();
        disk.free_all();
    }
    report.add(on_shm);
    report.add(on_disk99);
    const auto add = [&](const AnchoredPeer& peer) {
        report.add(peer.p50);
        report.add(peer.p10);
    };
    add(beside_bare);
    if (has_redis) {
        add(beside_redis);
    }
    if (has_etcd) {
        add(beside_etcd);
    }
}

struct Rate {
    double per_second;
    double server_us; ///< CPU time of the server for each
};

[[nodiscard]] Rate rate_of(size_t count, uint64_t wall, uint64_t cpu) {
    const auto all = static_cast<double>(count);
    return {all / (static_cast<double>(wall) / 1e9), static_cast<double>(cpu) / all / ns_per_us};
}

/// Grants a second of all sessions, each with `depth` requests open; a session asks for the next
/// `depth` when the last are answered.
[[nodiscard]] Rate grant_rate(Loopback& net, std::vector<Holder>& holders, size_t depth,
                              size_t count) {
    const uint64_t cpu_before = net.memory_node.cpu_ns();
    std::vector<std::vector<wire::RequestHandle>> open(holders.size());
    size_t asked = 0;
    size_t done = 0;
    const uint64_t took = timed([&] {
        while (done < count) {
            for (size_t index = 0; index < holders.size(); ++index) {
                std::vector<wire::RequestHandle>& handles = open[index];
                while (!handles.empty() && holders[index].is_done(handles.back())) {
                    holders[index].take_grant(handles.back());
                    handles.pop_back();
                    done += 1;
                }
                for (; handles.empty() && asked < count; asked += depth) {
                    for (size_t i = 0; i < depth; ++i) {
                        handles.push_back(holders[index].start_grant());
                    }
                }
            }
            if (done < count) {
                net.client.turn();
            }
        }
    });
    const uint64_t cpu = net.memory_node.cpu_ns() - cpu_before;
    for (Holder& holder : holders) {
        holder.free_all();
    }
    return rate_of(done, took, cpu);
}

[[nodiscard]] Rate set_rate(const RedisSide& redis, size_t connections, size_t depth, size_t count,
                            uint64_t& key) {
    std::vector<std::unique_ptr<TextConnection>> open;
    std::vector<pollfd> waits;
    std::vector<size_t> left(connections, 0);
    for (size_t i = 0; i < connections; ++i) {
        open.push_back(redis.connect());
        waits.push_back({open.back()->socket(), POLLIN, 0});
    }
    const auto ask = [&](size_t index) {
        std::string commands;
        for (size_t i = 0; i < depth; ++i) {
            commands += RedisSide::grant(key++);
        }
        left[index] = depth;
        open[index]->send(commands);
    };
    size_t asked = 0;
    size_t done = 0;
    const uint64_t cpu_before = redis.cpu_ns();
    const uint64_t took = timed([&] {
        for (size_t i = 0; i < connections; ++i, asked += depth) {
            ask(i);
        }
        while (done < count) {
            (void)poll(waits.data(), waits.size(), 1'000);
            for (size_t i = 0; i < connections; ++i) {
                if ((waits[i].revents & POLLIN) == 0) {
                    continue;
                }
                const std::string& got = open[i]->receive();
                const auto lines = static_cast<size_t>(std::ranges::count(got, '\n'));
                done += lines;
                left[i] -= lines;
                if (left[i] == 0 && asked < count) {
                    ask(i);
                    asked += depth;
                }
            }
        }
    });
    const uint64_t cpu = redis.cpu_ns() - cpu_before;
    open[0]->send(RedisSide::forget_all());
    open[0]->take_lines(1);
    return rate_of(done, took, cpu);
}

/// The node on CPU 0, the programs on the other: one process with all sessions, one socket.
void run_many(Loopback& net, const Options& options, Report& report) {
    constexpr size_t clients = LoopbackClient::sessions_max;
    constexpr size_t depth = LoopbackClient::window;
    LoopbackClient& client = net.client;
    std::vector<Holder> holders;
    for (size_t index = 0; index < clients; ++index) {
        if (index >= client.size()) {
            (void)client.open(net.memory_node.principal());
        }
        holders.emplace_back(client, index);
    }
    pin_to_cpu(1);
    const size_t count = options.is_quick ? 2'048 : 8'192;
    const auto rate_row = [](const char* what, uint64_t n, const char* peer, Goal goal) {
        return Row{"wire", what, n, "/s", {}, peer, {}, goal};
    };
    Row single = rate_row("UDP: grants, 16 sessions, one each in flight", 16, "Redis, 16 conns",
                          {GoalKind::ratio_at_least, 2});
    Row packed = rate_row("UDP: grants, 16 sessions, batches of 32", 512, "Redis, 16 x 64",
                          {GoalKind::ratio_at_least, 1});
    uint64_t key = uint64_t{1} << 40;
    Row single_cpu = us_row("  CPU of the server for each, one each", 1, "Redis");
    Row packed_cpu = us_row("  CPU of the server for each, batches", 1, "Redis");
    const auto ours = [&](Row& rate, Row& cpu, size_t depth_now) {
        const Rate found = grant_rate(net, holders, depth_now, count);
        rate.ours.add(found.per_second);
        cpu.ours.add(found.server_us);
    };
    const auto theirs = [&](Row& rate, Row& cpu, size_t depth_now, size_t sets) {
        const Rate found = set_rate(net.redis, clients, depth_now, sets, key);
        rate.theirs.add(found.per_second);
        cpu.theirs.add(found.server_us);
    };
    for (uint32_t round = 0; round < options.rounds; ++round) {
        ours(single, single_cpu, 1);
        ours(packed, packed_cpu, depth);
        if (net.has_redis) {
            theirs(single, single_cpu, 1, 4 * count);
            theirs(packed, packed_cpu, 64, 16 * count);
        }
    }
    for (Row* const row : {&single, &single_cpu, &packed, &packed_cpu}) {
        if (!net.has_redis) {
            row->peer.clear();
            row->goal = {};
        }
        report.add(*row);
    }
    pin_to_cpu(0);
}

void run_bytes(Report& report) {
    const SideBytes bytes = side_bytes();
    const auto add = [&](const char* what, size_t count, size_t value) {
        Row row{"wire", what, count, "B", {}, "", {}, {}};
        row.ours.add(static_cast<double>(value));
        report.add(row);
    };
    add("RAM: a large node without its service", 1, bytes.node);
    add("RAM: its service, all sessions", bytes.sessions_max, bytes.service);
    add("RAM: of it, one more session of 64 requests", 1,
        2 * (bytes.service - bytes.service_without) / bytes.sessions_max);
    add("RAM: one peer in the trusted list", 1, sizeof(wire::Principal));
    add("RAM: a program's session, 32 requests of 512", 1, sizeof(LoopbackClient::Session));
}

} // namespace

void run_loopback(const Options& options, Report& report) {
    const std::string folder = "build/bench-loopback";
    std::filesystem::remove_all(folder); // of a run that was ended from outside
    std::filesystem::create_directories(folder);
    {
        Loopback net{folder};
        net.has_redis = net.redis.start();
        if (!net.has_redis) {
            std::fprintf(stderr, "bench: no redis-server here: its rows are left out\n");
        }
        run_opening(net, options, report);
        run_latency(net, options, report);
        run_anchored(net, folder, options, report);
        run_many(net, options, report);
    }
    std::filesystem::remove_all(folder);
    run_bytes(report);
    std::fprintf(stderr, "  an unsealed grant is not measured: it takes a build of its own\n");
}

} // namespace grafos::bench
