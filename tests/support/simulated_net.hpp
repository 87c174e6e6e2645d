// SPDX-License-Identifier: Apache-2.0
/// A net between simulated machines: what is sent may be lost, doubled, delayed and so reordered,
/// and changed, all by one seed; the test can cut a direction, and hears every datagram.
#pragma once

#include "hal/datagram_link.hpp"
#include "tests/support/seeded_entropy.hpp"

#include "core/base/time.hpp"

namespace grafos::test {

/// A datagram on its way, or one that was overheard.
struct Datagram {
    hal::DatagramAddress from{};
    hal::DatagramAddress to{};
    Instant arrives{};
    uint64_t order = 0; ///< of sending; 0: none
    size_t size = 0;
    std::array<uint8_t, hal::datagram_bytes_max> bytes{};

    [[nodiscard]] Bytes view() const noexcept { return Bytes{bytes}.first(size); }
};

/// Hears every datagram that is sent, before anything happens to it.
class Listener {
public:
    virtual void on_sent(const Datagram& datagram) noexcept = 0;

protected:
    ~Listener() = default;
};

struct NetFaults {
    uint32_t loss_permille = 0;
    uint32_t duplicate_permille = 0;
    uint32_t flip_permille = 0; ///< one bit of the datagram
    Duration delay_least{0};
    Duration delay_most{0}; ///< drawn for each datagram: so they overtake one another
};

class SimulatedNet {
public:
    static constexpr size_t in_flight_max = 128; ///< more are lost, as in any queue

    explicit SimulatedNet(uint64_t seed) noexcept : choice_{seed} {}
    SimulatedNet(const SimulatedNet&) = delete;
    SimulatedNet& operator=(const SimulatedNet&) = delete;

    void set_now(Instant now) noexcept { now_ = now; }
    [[nodiscard]] Instant now() const noexcept { return now_; }

    NetFaults faults{};
    Listener* listener = nullptr;
    /// Out of line, so that a test may lend a listener of its own scope.
    void listen(Listener* whom) noexcept;

    /// Nothing goes from one to the other until it is allowed again. At most 8 directions.
    void cut(const hal::DatagramAddress& from, const hal::DatagramAddress& to) noexcept;
    void heal() noexcept { cut_count_ = 0; }

    void send(const hal::DatagramAddress& from, const hal::DatagramAddress& to,
              Bytes payload) noexcept;
    /// Puts a datagram on its way without faults, from whomever it pretends to be.
    void inject(const hal::DatagramAddress& from, const hal::DatagramAddress& to,
                Bytes payload) noexcept;
    [[nodiscard]] Result<hal::ReceivedDatagram> receive(const hal::DatagramAddress& at,
                                                        MutableBytes into) noexcept;
    /// What is on its way is lost.
    void lose_all() noexcept;
    /// When the next datagram arrives anywhere; never if none is on its way.
    [[nodiscard]] Instant next_arrival() const noexcept;

    uint64_t sent = 0;
    uint64_t lost = 0;
    uint64_t received = 0;

private:
    void put(const hal::DatagramAddress& from, const hal::DatagramAddress& to, Bytes payload,
             Instant arrives) noexcept;
    [[nodiscard]] bool is_cut(const hal::DatagramAddress& from,
                              const hal::DatagramAddress& to) const noexcept;

    struct Direction {
        hal::DatagramAddress from{};
        hal::DatagramAddress to{};
    };
    SeededChoice choice_;
    Instant now_{};
    uint64_t order_ = 0;
    std::array<Datagram, in_flight_max> in_flight_{};
    std::array<Direction, 8> cuts_{};
    size_t cut_count_ = 0;
};

/// One machine's end of the net.
class SimulatedLink final : public hal::DatagramLink {
public:
    SimulatedLink(SimulatedNet& net, const hal::DatagramAddress& address) noexcept
        : net_{net}, address_{address} {}

    [[nodiscard]] Result<> send(const hal::DatagramAddress& to, Bytes payload) noexcept override;
    [[nodiscard]] Result<hal::ReceivedDatagram> receive(MutableBytes into) noexcept override {
        return net_.receive(address_, into);
    }
    void flush() noexcept override { flushes += 1; }
    [[nodiscard]] hal::DatagramAddress local_address() const noexcept override { return address_; }

    bool is_full = false; ///< the next sends are answered with busy
    uint64_t flushes = 0;

private:
    SimulatedNet& net_;
    hal::DatagramAddress address_;
};

} // namespace grafos::test
