// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/loopback_side.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>

#include "boards/linux/file_disk.hpp"
#include "boards/linux/system_entropy.hpp"
#include "boards/linux/udp_link.hpp"
#include "core/node/node_storage.hpp"
#include "core/node/service/service_storage.hpp"

namespace grafos::bench {
namespace {

constexpr uint32_t loopback = 0x7F000001;
// A log that no run fills, and little behind it, since blocks are wiped before they are lent.
constexpr uint64_t memory_disk_bytes = uint64_t{1} << 30;
constexpr uint64_t memory_disk_touched_bytes = uint64_t{1} << 27;
constexpr uint64_t file_disk_bytes = uint64_t{1} << 27;
constexpr size_t lent_bytes = 64 * 1024 * 1024;

using NodeType = node::NodeOf<lease::large_node>;
using ServiceType = node::FabricServiceOf<lease::large_node>;

[[nodiscard]] void* map_pages(size_t bytes, int sharing) {
    void* const at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                          sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) {
        std::perror("bench: mmap");
        std::exit(1);
    }
    return at;
}

[[nodiscard]] SideWord* make_word() {
    return new (map_pages(sizeof(SideWord), MAP_SHARED)) SideWord;
}

void wait_ready(const SideWord& word, const char* what) {
    for (int i = 0; i < 30'000 && !word.is_ready && !word.is_failed; ++i) {
        usleep(1'000);
    }
    if (!word.is_ready) {
        std::fprintf(stderr, "bench: %s did not start\n", what);
        std::exit(1);
    }
}

/// Every operation is done when it returns: what records cost without what a disk costs.
class MemoryDisk final : public hal::BlockDevice {
public:
    explicit MemoryDisk(board::EventLoop& loop)
        : loop_{loop},
          bytes_{static_cast<uint8_t*>(map_pages(memory_disk_bytes, MAP_PRIVATE)),
                 memory_disk_bytes} {
        // A disk has its sectors; what a run may touch is not found out page by page.
        zero_bytes(bytes_.first(memory_disk_touched_bytes));
    }

    [[nodiscard]] hal::BlockGeometry geometry() const noexcept override {
        return {memory_disk_bytes / hal::sector_bytes, 2'048, 16};
    }
    [[nodiscard]] Result<hal::BlockTicket> start_read(uint64_t sector,
                                                      MutableBytes to) noexcept override {
        copy_bytes(to, Bytes{bytes_}.subspan(sector * hal::sector_bytes, to.size()));
        return done();
    }
    [[nodiscard]] Result<hal::BlockTicket> start_write(uint64_t sector,
                                                       Bytes from) noexcept override {
        copy_bytes(bytes_.subspan(sector * hal::sector_bytes, from.size()), from);
        return done();
    }
    [[nodiscard]] Result<hal::BlockTicket> start_flush() noexcept override { return done(); }
    [[nodiscard]] Result<> poll(hal::BlockTicket) noexcept override {
        loop_.take_completion();
        return ok();
    }
    [[nodiscard]] Result<> reset() noexcept override { return ok(); }

private:
    [[nodiscard]] hal::BlockTicket done() noexcept {
        loop_.note_completion();
        number_ += 1;
        return {number_};
    }

    board::EventLoop& loop_;
    MutableBytes bytes_;
    uint64_t number_ = 0;
};

[[nodiscard]] bool is_wiped(const NodeType& node) {
    for (const lease::Resource* const resource : node.lessor().resources()) {
        if (resource->info().dirty > 0) {
            return false;
        }
    }
    return node.readiness() == node::Readiness::ready;
}

[[noreturn]] void give_up(SideWord& word, const char* what) {
    std::fprintf(stderr, "bench: %s\n", what);
    word.is_failed = true;
    _exit(1);
}

void run_node(SideWord& word, const crypto::ExchangeKey& client, const std::string& file) {
    Timebase time;
    board::SystemEntropy entropy;
    board::FileDisk file_disk{time.loop};
    if (!file.empty() && !file_disk.start(file.c_str(), file_disk_bytes).is_ok()) {
        give_up(word, "the disk cannot be opened");
    }
    const auto memory_disk =
        file.empty() ? std::make_unique<MemoryDisk>(time.loop) : std::unique_ptr<MemoryDisk>{};
    hal::BlockDevice& disk = memory_disk ? static_cast<hal::BlockDevice&>(*memory_disk) : file_disk;
    const auto link = std::make_unique<board::UdpLink>(time.loop);
    wire::PeerList peers;
    wire::Principal entry;
    entry.exchange_key = client;
    entry.roles = wire::all_roles;
    entry.name = {'b', 'e', 'n', 'c', 'h'};
    entry.name_size = 5;
    if (!link->start({loopback, 0}).is_ok() || !peers.add(entry).is_ok()) {
        give_up(word, "no socket");
    }
    const MutableBytes lent{static_cast<uint8_t*>(map_pages(lent_bytes, MAP_PRIVATE)), lent_bytes};
    const node::Machine machine{entropy, disk, lent, {}, lease::WallSource::none};
    const auto node = std::make_unique<NodeType>(machine, lease::LogOptions{.log_percent = 90});
    const auto service = std::make_unique<ServiceType>(*node, *link, peers,
                                                       node::FabricService::Options{"bench", true});
    node->serve(*service);
    while (node->readiness() != node::Readiness::degraded) {
        node->tick(time.clock.now());
        node->end_turn(time.clock.now());
        if (!word.is_ready && is_wiped(*node)) {
            word.address = link->local_address();
            word.key = node->identity().exchange_key();
            word.is_ready = true;
        }
        time.loop.idle_until(node->next_deadline());
    }
    give_up(word, "the node degraded");
}

void run_echo(SideWord& word) {
    Timebase time;
    const auto link = std::make_unique<board::UdpLink>(time.loop);
    if (!link->start({loopback, 0}).is_ok()) {
        give_up(word, "no socket");
    }
    word.address = link->local_address();
    word.is_ready = true;
    std::array<uint8_t, hal::datagram_bytes_max> buffer;
    while (true) {
        time.loop.idle_until(saturating_add(time.clock.now(), Duration{1'000}));
        while (true) {
            const Result<hal::ReceivedDatagram> got = link->receive(buffer);
            if (!got.is_ok()) {
                break;
            }
            (void)link->send(got.value().from, Bytes{buffer}.first(got.value().size)).is_ok();
        }
        link->flush();
    }
}

} // namespace

void pin_to_cpu(unsigned cpu) {
    const long count = sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu % static_cast<unsigned>(count), &set);
    (void)sched_setaffinity(0, sizeof(set), &set);
}

pid_t Process::fork_child() {
    std::fflush(nullptr);
    const pid_t pid = fork();
    if (pid < 0) {
        std::perror("bench: fork");
        std::exit(1);
    }
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        pin_to_cpu(0);
    }
    return pid;
}

void Process::end_child() {
    _exit(1);
}

void Process::start_program(const std::string& file, const std::vector<std::string>& words) {
    start([&] {
        const int nowhere = open("/dev/null", O_RDWR);
        (void)dup2(nowhere, STDIN_FILENO);
        (void)dup2(nowhere, STDOUT_FILENO);
        (void)dup2(nowhere, STDERR_FILENO);
        std::vector<char*> arguments;
        for (const std::string& word : words) {
            arguments.push_back(const_cast<char*>(word.c_str()));
        }
        arguments.push_back(nullptr);
        execvp(file.c_str(), arguments.data());
    });
}

void Process::stop() {
    if (pid_ > 0) {
        (void)kill(pid_, SIGKILL);
        (void)waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
}

uint64_t Process::cpu_ns() const {
    clockid_t clock{};
    timespec used{};
    if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &used) != 0) {
        return 0;
    }
    return static_cast<uint64_t>(used.tv_sec) * 1'000'000'000u +
           static_cast<uint64_t>(used.tv_nsec);
}

Timebase::Timebase() {
    if (!loop.start()) {
        std::perror("bench: epoll");
        std::exit(1);
    }
    clock.start(1'000'000'000, Instant{1'000});
}

EchoSide::EchoSide() : word_{make_word()} {
    process_.start([this] { run_echo(*word_); });
    wait_ready(*word_, "the echo");
}

NodeSide::NodeSide(const crypto::ExchangeKey& client, const std::string& disk)
    : word_{make_word()}, disk_{disk} {
    if (!disk_.empty()) {
        write_zeroes(disk_, file_disk_bytes);
    }
    process_.start([&] { run_node(*word_, client, disk_); });
    wait_ready(*word_, "a node");
    if (!disk_.empty()) {
        (void)unlink(disk_.c_str()); // the node has it open; so it is gone however this ends
    }
}

wire::Principal NodeSide::principal() const {
    wire::Principal principal;
    principal.exchange_key = word_->key;
    principal.address = word_->address;
    return principal;
}

SideBytes side_bytes() {
    static constexpr lease::NodeLimits fewer = [] {
        lease::NodeLimits limits = lease::large_node;
        limits.sessions_max = 32;
        return limits;
    }();
    return {sizeof(NodeType), sizeof(ServiceType), lease::large_node.sessions_max,
            sizeof(node::FabricServiceOf<fewer>)};
}

void write_zeroes(const std::string& file, uint64_t bytes) {
    static const std::vector<uint8_t> piece(1 << 20);
    const int out = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool is_written = out >= 0;
    for (uint64_t at = 0; is_written && at < bytes; at += piece.size()) {
        is_written = write(out, piece.data(), piece.size()) == static_cast<ssize_t>(piece.size());
    }
    if (!is_written || fsync(out) != 0) {
        std::perror(("bench: " + file).c_str());
        std::exit(1);
    }
    close(out);
}

uint16_t free_port() {
    const int probe = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(loopback);
    socklen_t size = sizeof(address);
    const bool is_bound = bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                          getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
    close(probe);
    return is_bound ? ntohs(address.sin_port) : uint16_t{0};
}

} // namespace grafos::bench
