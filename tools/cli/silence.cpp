// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/silence.hpp"

#include <cerrno>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/wire/session/handshake.hpp"
#include "tools/cli/config.hpp"

namespace grafos::cli {
namespace {

constexpr int probe_patience_ms = 300;

Reach reach_of_errno() {
    switch (errno) {
    case ECONNREFUSED: return Reach::nobody_listens;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
    case EHOSTDOWN:
    case EACCES:
    case EPERM: return Reach::no_way;
    default: return Reach::nothing;
    }
}

/// One hello, and what comes of it. A connected socket is told of ICMP errors (udp(7)).
Reach probe_by(int descriptor, const hal::DatagramAddress& node) {
    sockaddr_in peer{};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(node.port);
    peer.sin_addr.s_addr = htonl(node.ipv4);
    if (connect(descriptor, reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)) != 0) {
        return reach_of_errno();
    }
    wire::ClientRandom random{};
    (void)getrandom(random.bytes.data(), random.bytes.size(), 0);
    const wire::HelloPacket hello = wire::encode_hello(random);
    if (send(descriptor, hello.data(), hello.size(), 0) < 0) {
        return reach_of_errno();
    }
    pollfd waits{descriptor, POLLIN, 0};
    if (poll(&waits, 1, probe_patience_ms) != 1) {
        return Reach::nothing;
    }
    std::array<uint8_t, wire::packet_bytes_max> answer{};
    return recv(descriptor, answer.data(), answer.size(), 0) < 0 ? reach_of_errno() : Reach::late;
}

Reach probe(const hal::DatagramAddress& node) {
    const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return Reach::nothing;
    }
    const Reach reach = probe_by(descriptor, node);
    (void)close(descriptor);
    return reach;
}

/// How to find out what became of it: of a command that changes something.
std::string outcome_step(const std::string& what) {
    if (what.starts_with("lease alloc")) {
        return "the outcome is unknown: `grafos lease list` shows whether it was granted";
    }
    if (what.starts_with("fence clear")) {
        return "the outcome is unknown: `grafos fence list` shows whether it still stands";
    }
    const bool is_change = what.starts_with("lease renew") || what.starts_with("lease free") ||
                           what.starts_with("lease revoke") ||
                           what.starts_with("lease checkpoint") || what.starts_with("hold");
    if (is_change) {
        return "the outcome is unknown: `grafos lease query` says what became of the lease";
    }
    return what.find(" write") != std::string::npos
               ? "the outcome is unknown: write the same bytes again, or read them"
               : "ask again";
}

} // namespace

Reach reach_of(const wire::ClientFigures& figures, const hal::DatagramAddress& node) {
    if (figures.opened == 0 && figures.accepts_refused > 0) {
        return Reach::other_node;
    }
    if (figures.opened == 0 && figures.inits > 0) {
        return Reach::hello;
    }
    const Reach reach = probe(node);
    const bool is_silent = reach == Reach::late || reach == Reach::nothing;
    return figures.opened > 0 && is_silent ? Reach::session : reach;
}

Explanation explain(Reach reach, const std::string& what, const Error& error,
                    const wire::Principal& node, const std::string& own_key) {
    const std::string at = text_of(node.address);
    const std::string name{node.name_view()};
    const bool may_be_done = error.value == 1;
    const std::string first = may_be_done ? outcome_step(what) + "; " : "";
    switch (reach) {
    case Reach::nobody_listens:
        return {at, "nobody listens at " + at,
                first + "start the node there, or correct the address of " + name};
    case Reach::no_way:
        return {at, "there is no way from this machine to " + at,
                first + "check this machine's network, and the address of " + name};
    case Reach::nothing:
        return {at, "nothing came back from " + at,
                first + "check the address of " + name +
                    ", that its machine is up, and that UDP passes"};
    case Reach::hello:
        return {
            at, at + " answers, and not to these keys",
            "check that the exchange_key of " + name +
                " is the node's own (`grafosd --identity`, or `identity` at its console), and that "
                "the node lists "
                "yours: " +
                own_key};
    case Reach::other_node:
        return {at, at + " has the exchange_key of " + name + " and another node_id",
                "correct the node_id of " + name + ", or leave it out"};
    case Reach::session:
        return {at, at + " took a session and fell silent",
                may_be_done ? outcome_step(what) : "ask again, with a longer --timeout-ms"};
    case Reach::late:
        return {at, at + " did not answer in time, and answers now",
                first + "ask again, with a longer --timeout-ms"};
    }
    return {at, "nothing came back from " + at, first + "ask again"};
}

Explanation explain_kinds(const Error& error, const wire::Principal& node) {
    const std::string at = text_of(node.address);
    const bool seals = error.expected == 1;
    return {at,
            seals
                ? at + " leaves packets plain (built for a trusted fabric), and this program seals"
                : at + " seals, and this program leaves packets plain (built for a trusted fabric)",
            "build both for a trusted fabric (GRAFOS_TRUSTED_FABRIC), or better neither"};
}

} // namespace grafos::cli
