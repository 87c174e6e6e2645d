// SPDX-License-Identifier: Apache-2.0
/// A net between simulated machines: what is sent may be lost, doubled, delayed and so reordered,
/// and changed, all by one seed.
///
/// The test moves its time, cuts a direction (what is sent is lost) or holds it (it comes when the
/// net is healed), picks single datagrams to lose or change, and hears every one that is sent and
/// every one that arrives.
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

/// Hears every datagram that is sent, before anything happens to it, and every one that arrives,
/// as it is handed over.
class Listener {
public:
    virtual void on_sent(const Datagram& datagram) noexcept = 0;
    virtual void on_delivered(const Datagram& datagram) noexcept { static_cast<void>(datagram); }

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
    static constexpr size_t held_max = 64;       ///< likewise: the other way stays open
    static constexpr size_t directions_max = 20; ///< each way between five machines

    explicit SimulatedNet(uint64_t seed) noexcept : choice_{seed} {}
    SimulatedNet(const SimulatedNet&) = delete;
    SimulatedNet& operator=(const SimulatedNet&) = delete;

    void set_now(Instant now) noexcept { now_ = now; }
    [[nodiscard]] Instant now() const noexcept { return now_; }

    NetFaults faults{};
    Listener* listener = nullptr;
    /// Out of line, so that a test may lend a listener of its own scope.
    void listen(Listener* whom) noexcept;

    /// Nothing goes from one to the other until `heal`: what is sent is lost. At most
    /// `directions_max`
    /// directions are cut or held.
    void cut(const hal::DatagramAddress& from, const hal::DatagramAddress& to) noexcept;
    /// The same, but what is sent waits on its way and arrives at once when healed.
    void hold(const hal::DatagramAddress& from, const hal::DatagramAddress& to) noexcept;
    void heal() noexcept;
    /// One direction alone.
    void open(const hal::DatagramAddress& from, const hal::DatagramAddress& to) noexcept;
    /// The next `count` datagrams in that direction are lost; a later call takes the place of an
    /// earlier one.
    void lose_next(const hal::DatagramAddress& from, const hal::DatagramAddress& to,
                   uint64_t count) noexcept;
    /// The `nth` datagram handed over from now on (1 = the next) has one bit of its last byte
    /// changed.
    void change_nth(uint64_t nth) noexcept { change_countdown_ = nth; }

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
    /// The same for one address.
    [[nodiscard]] Instant next_arrival(const hal::DatagramAddress& at) const noexcept;
    /// For any port of `count` hosts, in one look.
    [[nodiscard]] Instant next_arrival(uint32_t first_host, uint32_t count) const noexcept;

    // Counts since the start.
    uint64_t sent = 0;
    uint64_t lost = 0; ///< for whatever reason, the next three among them
    uint64_t cut_off = 0;
    uint64_t overflowed = 0; ///< more than in_flight_max were on their way, or held_max held
    uint64_t picked_out = 0; ///< by lose_next
    uint64_t held_back = 0;
    uint64_t duplicated = 0;
    uint64_t changed = 0;
    uint64_t received = 0;
    uint64_t overtaken = 0; ///< arrived while one sent before it was still on its way

private:
    /// Whether it found a place.
    bool put(const hal::DatagramAddress& from, const hal::DatagramAddress& to, Bytes payload,
             Instant arrives) noexcept;
    enum class Way : uint8_t { open, cut, held };
    struct Direction {
        hal::DatagramAddress from{};
        hal::DatagramAddress to{};
        Way way = Way::open;
    };
    template <typename Visitor>
    void for_each(const Visitor& visit) noexcept;
    template <typename Visitor>
    void for_each(const Visitor& visit) const noexcept;
    void close(const Direction& direction) noexcept;
    [[nodiscard]] Way way_of(const hal::DatagramAddress& from,
                             const hal::DatagramAddress& to) const noexcept;
    [[nodiscard]] bool is_picked_out(const hal::DatagramAddress& from,
                                     const hal::DatagramAddress& to) noexcept;
    void flip_bit(Datagram& datagram, uint64_t bit) noexcept;
    [[nodiscard]] size_t held_count() const noexcept;
    [[nodiscard]] bool overtakes(const Datagram& datagram) const noexcept;

    SeededChoice choice_;
    Instant now_{};
    uint64_t order_ = 0;
    std::array<Datagram, in_flight_max> in_flight_{};
    size_t count_ = 0; ///< of them, on their way
    Datagram heard_{}; ///< as the listener hears it
    std::array<Direction, directions_max> closed_{};
    size_t closed_count_ = 0;
    Direction picked_{};
    uint64_t pick_count_ = 0;
    uint64_t change_countdown_ = 0;
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
