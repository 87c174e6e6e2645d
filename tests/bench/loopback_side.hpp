// SPDX-License-Identifier: Apache-2.0
/// The far side of a socket: processes of their own on CPU 0, gone when their object is.
///
/// A node as the product is one (its turn, its service, its log, the board's own link and disk), a
/// bare echo over the same link, and the peers that listen on TCP.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "boards/linux/event_loop.hpp"
#include "core/wire/principal.hpp"

namespace grafos::bench {

/// Where the scheduler may put this process; as many CPUs as there are, modulo.
void pin_to_cpu(unsigned cpu);

/// A child that ends with its object, and with its parent.
class Process {
public:
    Process() = default;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process() { stop(); }

    /// Runs `body` in a child; it does not return.
    template <typename Body>
    void start(const Body& body) {
        pid_ = fork_child();
        if (pid_ == 0) {
            body();
            end_child();
        }
    }
    /// Another program, silent; `words` begin with the name it goes by.
    void start_program(const std::string& file, const std::vector<std::string>& words);
    void stop();
    /// CPU time it has used so far, all its threads, nanoseconds.
    [[nodiscard]] uint64_t cpu_ns() const;

private:
    static pid_t fork_child();
    [[noreturn]] static void end_child();
    pid_t pid_ = -1;
};

/// A clock and an event loop over the system's, as a board has them.
struct Timebase {
    Timebase();
    board::CounterClock clock{board::read_boot_time_ns};
    board::EventLoop loop{clock};
};

/// What a child tells its parent.
struct SideWord {
    volatile bool is_ready = false;
    volatile bool is_failed = false;
    hal::DatagramAddress address{};
    crypto::ExchangeKey key{};
};

/// Sends every datagram back, over the node's own link.
class EchoSide {
public:
    EchoSide();
    [[nodiscard]] const hal::DatagramAddress& address() const { return word_->address; }

private:
    SideWord* word_;
    Process process_;
};

class NodeSide {
public:
    /// `disk` is a file, written whole beforehand, since the first write of a place in a sparse
    /// file costs the file system's journal too; empty: a disk in memory, done when asked.
    NodeSide(const crypto::ExchangeKey& client, const std::string& disk);
    NodeSide(const NodeSide&) = delete;
    NodeSide& operator=(const NodeSide&) = delete;
    /// Who it is and where.
    [[nodiscard]] wire::Principal principal() const;
    [[nodiscard]] uint64_t cpu_ns() const { return process_.cpu_ns(); }

private:
    SideWord* word_;
    std::string disk_;
    Process process_;
};

/// Bytes of the node's service and of what it keeps for one session, one peer.
struct SideBytes {
    size_t node;
    size_t service;
    size_t sessions_max;
    size_t service_without; ///< with one session
};
[[nodiscard]] SideBytes side_bytes();

/// A file of so many zeroes on the disk. Ends the program if it cannot be.
void write_zeroes(const std::string& file, uint64_t bytes);

/// A TCP port that nobody has.
[[nodiscard]] uint16_t free_port();

} // namespace grafos::bench
