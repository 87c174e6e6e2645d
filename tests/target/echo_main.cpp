// SPDX-License-Identifier: Apache-2.0
/// The network self-test's machine: sends every datagram back to whoever sent it, and rests.
///
/// A datagram that begins with '!' is an order instead: `!stats` answers with figures, `!quit` ends
/// the machine, `!ping A.B.C.D:PORT COUNT` exchanges COUNT datagrams with another machine, one
/// after another, and then answers whoever asked with how long it took. tests/target/net.py drives
/// it.
#include "boards/parts/machine/machine.hpp"
#include "core/base/ipv4.hpp"
#include "hal/cpu.hpp"

namespace grafos::board {

namespace {

constexpr uint32_t datagrams_per_turn = 64;
constexpr size_t ping_bytes = 64;
constexpr Duration ping_patience{500};

/// A `!ping` under way.
struct Ping {
    hal::DatagramAddress target{};
    hal::DatagramAddress asker{};
    uint64_t left = 0;
    uint64_t count = 0;
    uint64_t repeated = 0;
    Instant begun_at{};
    Instant sent_at{};
};

struct Echo {
    Machine& machine;
    hal::DatagramLink& link;
    std::array<uint8_t, hal::datagram_bytes_max> buffer{};
    Ping ping{};
    uint64_t turns = 0;
    uint64_t echoed = 0;
    uint64_t refused = 0; ///< the link would not take it
    bool is_over = false;

    void send(const hal::DatagramAddress& to, Bytes bytes) noexcept {
        Result<> sent = link.send(to, bytes);
        if (!sent.is_ok() && sent.error().code == ErrorCode::busy) {
            link.flush();
            sent = link.send(to, bytes);
        }
        refused += sent.is_ok() ? 0u : 1u;
    }

    void send_ping(Instant now) noexcept {
        std::array<uint8_t, ping_bytes> bytes{};
        store_big_endian<uint64_t>(bytes.data(), ping.left);
        ping.sent_at = now;
        send(ping.target, bytes);
    }

    void take_pong(Bytes payload) noexcept {
        if (payload.size() != ping_bytes ||
            load_big_endian<uint64_t>(payload.data()) != ping.left) {
            return;
        }
        const Instant now = machine.clock.now();
        ping.left -= 1;
        if (ping.left != 0) {
            send_ping(now);
            return;
        }
        std::array<char, 200> line;
        TextWriter text{line};
        text.put("ping count=").put(ping.count).put(" ms=").put((now - ping.begun_at).ms);
        text.put(" repeated=").put(ping.repeated);
        send(ping.asker, bytes_of(text.text()));
    }

    void start_ping(const hal::DatagramAddress& asker, std::string_view words) noexcept {
        const size_t blank = words.find(' ');
        if (blank == std::string_view::npos) {
            return;
        }
        const auto target = parse_ipv4_port(words.substr(0, blank), Field::argument);
        const auto count = parse_decimal(words.substr(blank + 1), 1'000'000, Field::argument);
        if (!target.is_ok() || !count.is_ok() || count.value() == 0) {
            return;
        }
        const Instant now = machine.clock.now();
        ping = {{target.value().ipv4, target.value().port},
                asker,
                count.value(),
                count.value(),
                0,
                now,
                now};
        send_ping(now);
    }

    void put_stats(const hal::DatagramAddress& to) noexcept {
        std::array<char, 200> line;
        TextWriter text{line};
        text.put("stats turns=").put(turns).put(" echoed=").put(echoed);
        text.put(" refused=").put(refused).put(" ms=").put(machine.clock.now().ms);
        send(to, bytes_of(text.text()));
    }

    void take(const hal::DatagramAddress& from, Bytes payload) noexcept {
        const std::string_view text = text_of(payload);
        if (ping.left != 0 && from == ping.target) {
            take_pong(payload);
        } else if (text == "!stats") {
            put_stats(from);
        } else if (text == "!quit") {
            is_over = true;
        } else if (text.starts_with("!ping ")) {
            start_ping(from, text.substr(6));
        } else {
            echoed += 1;
            send(from, payload);
        }
    }

    void turn() noexcept {
        turns += 1;
        for (uint32_t i = 0; i < datagrams_per_turn; ++i) {
            const auto got = link.receive(buffer);
            if (!got.is_ok()) {
                break;
            }
            take(got.value().from, Bytes{buffer}.first(got.value().size));
        }
        const Instant now = machine.clock.now();
        if (ping.left != 0 && saturating_add(ping.sent_at, ping_patience) <= now) {
            ping.repeated += 1;
            send_ping(now);
        }
        link.flush();
    }

    [[nodiscard]] Instant deadline() const noexcept {
        return ping.left == 0 ? Instant::never() : saturating_add(ping.sent_at, ping_patience);
    }
};

} // namespace

hal::ExitStatus board_main(Machine& machine) noexcept {
    if (machine.link == nullptr) {
        print(machine.console, "echo: no link\n");
        return hal::ExitStatus::failure;
    }
    std::array<char, 64> line;
    TextWriter text{line};
    text.put("echo at ");
    put_ipv4(text, machine.link->local_address().ipv4);
    text.put(':').put(uint64_t{machine.link->local_address().port}).put('\n');
    print(machine.console, text.text());
    Echo echo{machine, *machine.link};
    echo.turn();
    while (!echo.is_over) {
        machine.power.idle_until(echo.deadline());
        echo.turn();
    }
    return hal::ExitStatus::success;
}

} // namespace grafos::board
