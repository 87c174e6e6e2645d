// SPDX-License-Identifier: Apache-2.0
/// A node's sessions and two programs that use them, over a simulated net; the test moves time.
#pragma once

#include <new>

#include "core/wire/session/client_port.hpp"
#include "core/wire/session/server.hpp"
#include "tests/support/simulated_net.hpp"

namespace grafos::test {

inline constexpr wire::SessionLimits rig_sessions{
    .sessions_max = 4,
    .window = 4,
    .per_principal_max = 3,
    .pending_max = 4,
    .outgoing_max = 2,
    .reassemblies_max = 2,
    .requests_per_turn_max = 8,
    .idle_max = Duration{60'000},
};

inline constexpr hal::DatagramAddress node_address{0x0A000001, 7000};
/// What the rig calls its mutating and its reading request.
inline constexpr auto rig_write = wire::MessageType::mem_fetch_add;
inline constexpr auto rig_read = wire::MessageType::mem_read;

/// Counts executions and answers with the number of the execution; or holds its answers back.
class CountingSink final : public wire::RequestSink {
public:
    void on_request(const wire::RequestOrigin& origin, const wire::MessageView& message,
                    Instant now) noexcept override;
    void on_session_end(wire::SessionRef session) noexcept override {
        ended += 1;
        last_ended = session;
    }
    /// Answers the oldest request held back. False: none is.
    bool answer_one(Instant now) noexcept;

    wire::SessionServer* server = nullptr;
    bool holds = false;             ///< answers come by `answer_one`
    std::optional<Error> refusal{}; ///< what is answered instead
    size_t reply_bytes = 8;         ///< the first 8 are `executed`
    uint64_t executed = 0;
    uint64_t ended = 0;
    wire::SessionRef last_ended{};
    wire::RequestOrigin last{};
    uint16_t last_type = 0;
    uint8_t last_flags = 0;
    size_t last_size = 0;
    std::array<uint8_t, 32> last_payload{}; ///< its beginning
    std::optional<wire::TraceParent> last_trace{};
    uint32_t last_checksum = 0; ///< crc32c of the whole payload
    /// Of mutating requests whose payload is the number of an operation: how often it was
    /// executed, and as which execution.
    static constexpr uint64_t operations_max = 2'048;
    std::array<uint8_t, operations_max> times_of{};
    std::array<uint64_t, operations_max> execution_of{};
    /// Mutating requests whose session and number had been executed before: must stay 0.
    uint64_t executed_twice = 0;
    std::array<wire::RequestOrigin, 16> held{};
    size_t held_count = 0;

private:
    void answer(const wire::RequestOrigin& origin, Instant now) noexcept;
    void note(const wire::RequestOrigin& origin, uint16_t type) noexcept;

    std::array<wire::RequestOrigin, 256> log_{}; ///< the last mutating ones
    size_t log_next_ = 0;
};

/// A machine with a node on it; it can be restarted.
class NodeEnd {
public:
    NodeEnd(SimulatedNet& net, uint64_t seed) noexcept;
    NodeEnd(const NodeEnd&) = delete;
    NodeEnd& operator=(const NodeEnd&) = delete;
    ~NodeEnd() { stop(); }

    void start() noexcept; ///< with the next boot number
    void stop() noexcept;
    void turn(Instant now) noexcept;

    [[nodiscard]] wire::SessionServer& server() noexcept { return *server_; }
    [[nodiscard]] wire::Port& port() noexcept { return *port_; }

    crypto::Drbg drbg{};
    crypto::Identity identity{};
    wire::PeerList peers{};
    CountingSink sink{};
    SimulatedLink link;
    uint64_t boot = 0;

    /// What a node keeps of each session: for tests that need a session to be somewhere.
    [[nodiscard]] std::span<wire::SessionEntry> entries() noexcept { return server_->entries(); }

private:
    class Server final : private wire::SessionStorage<rig_sessions>, public wire::SessionServer {
    public:
        explicit Server(const Parts& parts) noexcept : SessionServer{parts, spans()} {}
        [[nodiscard]] std::span<wire::SessionEntry> entries() noexcept { return spans().entries; }
    };
    alignas(Server) std::array<uint8_t, sizeof(Server)> server_area_{};
    alignas(wire::Port) std::array<uint8_t, sizeof(wire::Port)> port_area_{};
    Server* server_ = nullptr;
    wire::Port* port_ = nullptr;
};

/// A machine with a program on it.
class ClientEnd {
public:
    ClientEnd(SimulatedNet& net, const hal::DatagramAddress& address, uint64_t seed) noexcept;
    ClientEnd(const ClientEnd&) = delete;
    ClientEnd& operator=(const ClientEnd&) = delete;

    void turn(Instant now) noexcept;

    crypto::Drbg drbg{};
    crypto::Identity identity{};
    SimulatedLink link;
    wire::ClientPort sessions{};
    wire::Port port;
    wire::ClientSessionOf<4, 4096> session;
};

class SessionRig {
public:
    explicit SessionRig(uint64_t seed = 1, Instant start = Instant{1'000}) noexcept;
    SessionRig(const SessionRig&) = delete;
    SessionRig& operator=(const SessionRig&) = delete;

    /// One turn of everybody, then a millisecond passes.
    void turn() noexcept;
    void run(Duration time) noexcept;
    /// Time passes in which nobody is awake, then a turn.
    void skip(Duration time) noexcept;
    /// Until the client's session is open and the node knows. False: not within 10 s.
    [[nodiscard]] bool open(ClientEnd& client) noexcept;
    /// Until the request has an answer, or an end. False: not within `most`.
    bool wait_for(ClientEnd& client, wire::RequestHandle request,
                  Duration most = Duration{10'000}) noexcept;
    /// What the node is seen as by a client.
    [[nodiscard]] wire::Principal node_entry() const noexcept;
    /// An entry of the node's list.
    [[nodiscard]] static wire::Principal peer_entry(const crypto::Identity& identity,
                                                    std::string_view name) noexcept;

    SimulatedNet net;
    Instant now;
    NodeEnd node;
    ClientEnd alice;
    ClientEnd bob;
};

/// Remembers the first datagrams that go to one address.
template <size_t N>
class Recorder final : public Listener {
public:
    explicit Recorder(const hal::DatagramAddress& to) noexcept : to_{to} {}
    void on_sent(const Datagram& datagram) noexcept override {
        if (datagram.to == to_ && count < N) {
            heard[count] = datagram;
            count += 1;
        }
    }
    std::array<Datagram, N> heard{};
    size_t count = 0;

private:
    hal::DatagramAddress to_;
};

} // namespace grafos::test
