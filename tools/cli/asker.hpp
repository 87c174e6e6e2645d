// SPDX-License-Identifier: Apache-2.0
/// Asks nodes, one question at a time: a program's whole machine on Linux.
///
/// A socket on a free port, a session for each node that is asked, and turns until the answer is
/// there or the patience is over. Replies are turned into JSON while their bytes are still at hand.
#pragma once

#include <csignal>
#include <memory>
#include <variant>

#include "boards/linux/event_loop.hpp"
#include "boards/linux/system_entropy.hpp"
#include "boards/linux/udp_link.hpp"
#include "core/crypto/drbg.hpp"
#include "core/wire/messages.hpp"
#include "core/wire/session/client_port.hpp"
#include "tools/cli/config.hpp"
#include "tools/cli/left_sessions.hpp"
#include "tools/cli/output.hpp"

namespace grafos::cli {

/// What came of a question: something to show, or a typed refusal.
using Answer = std::variant<Json, Error>;

/// The parts of this process that every program of the fabric stands on.
class Station {
public:
    /// What is wrong, or nothing. `key` is the program's own.
    [[nodiscard]] std::optional<std::string> start(const std::filesystem::path& key);

    [[nodiscard]] Instant now() { return clock_.now(); }
    void rest_until(Instant deadline) { loop_.idle_until(deadline); }

    [[nodiscard]] wire::Port& port() { return *port_; }
    [[nodiscard]] wire::ClientPort& clients() { return clients_; }
    [[nodiscard]] crypto::Drbg& drbg() { return drbg_; }
    [[nodiscard]] const crypto::Identity& identity() const { return identity_; }
    [[nodiscard]] board::EventLoop& loop() { return loop_; }

private:
    board::CounterClock clock_{board::read_boot_time_ns};
    board::EventLoop loop_{clock_};
    board::SystemEntropy entropy_;
    std::unique_ptr<board::UdpLink> link_;
    crypto::Drbg drbg_;
    crypto::Identity identity_;
    wire::ClientPort clients_;
    std::optional<wire::Port> port_;
};

class Asker {
public:
    Asker(const std::vector<wire::Principal>& nodes, Duration patience)
        : nodes_{nodes}, patience_{patience} {}
    /// Notes the sessions it leaves behind.
    ~Asker();
    Asker(const Asker&) = delete;
    Asker& operator=(const Asker&) = delete;

    [[nodiscard]] std::optional<std::string> start(const std::filesystem::path& key) {
        left_.emplace(key);
        return station_.start(key);
    }

    [[nodiscard]] const std::vector<wire::Principal>& nodes() const { return nodes_; }
    [[nodiscard]] Station& station() { return station_; }

    /// Asks node `index`, waits, and lets `show` turn the decoded reply into JSON.
    template <typename Reply, typename Request, typename Show>
    [[nodiscard]] Answer ask(size_t index, wire::MessageType type, const Request& request,
                             Show show) {
        std::array<uint8_t, wire::whole_payload_bytes_max> payload{};
        const Result<size_t> size = wire::encode(request, payload);
        if (!size.is_ok()) {
            return size.error();
        }
        wire::RequestHandle handle{};
        const Result<wire::ReplyView> view =
            wait_for(index, type, Bytes{payload}.first(size.value()), handle);
        if (!view.is_ok()) {
            release(index, handle);
            return view.error();
        }
        is_warned_ = view.value().is_warned;
        const Result<Reply> reply = wire::decode<Reply>(view.value().payload);
        Answer answer = reply.is_ok() ? Answer{show(reply.value())} : Answer{reply.error()};
        release(index, handle);
        return answer;
    }

    /// Questions end as disconnected while `flag` is set. It outlives the asker's questions.
    void end_waiting_at(const volatile std::sig_atomic_t& flag) { is_over_ = &flag; }
    /// Of each question from now on.
    void set_patience(Duration patience) { patience_ = patience; }
    /// Keeps the sessions up until `deadline`, or until a signal's handler sets `is_over`.
    void idle_until(Instant deadline, const volatile std::sig_atomic_t& is_over);

    /// The last answer said that a revocation of its lease is under way.
    [[nodiscard]] bool is_warned() const { return is_warned_; }
    /// What the node says of itself under its exchange key; zero before the first answer.
    [[nodiscard]] NodeId node_id(size_t index) const;
    /// How long a turn of the node may be, as it says; zero before the first answer.
    [[nodiscard]] Duration turn_max(size_t index) const;

    /// More about an answer that did not come: of a disconnected, while nobody ended the waiting;
    /// and about a node that is of the other kind.
    [[nodiscard]] std::optional<Explanation> explanation(const std::string& what, size_t index,
                                                         const Error& error);

private:
    using Session = wire::ClientSessionOf<8, 4096>;

    [[nodiscard]] Result<wire::ReplyView> wait_for(size_t index, wire::MessageType type,
                                                   Bytes payload, wire::RequestHandle& handle);
    [[nodiscard]] Result<Session*> session_of(size_t index);
    void release(size_t index, wire::RequestHandle handle);
    void turn(Instant latest);

    std::vector<wire::Principal> nodes_;
    Duration patience_;
    std::optional<LeftSessions> left_;
    Station station_;
    std::vector<std::unique_ptr<Session>> sessions_;
    bool is_warned_ = false;
    const volatile std::sig_atomic_t* is_over_ = nullptr;
    bool has_more_ = false; ///< work that needs no rest before it
};

} // namespace grafos::cli
