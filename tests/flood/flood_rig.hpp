// SPDX-License-Identifier: Apache-2.0
/// A node, what it is flooded with, and what is counted: for flood_test.cpp.
#pragma once

#include "tests/support/raw_client.hpp"
#include "tests/support/service_rig.hpp"
#include "tests/support/wire_frames.hpp"

#ifndef GRAFOS_FLOOD_FRAMES
#error "how many frames: see tests/flood/tests.cmake"
#endif

namespace grafos::test {

inline constexpr uint64_t frames_total = GRAFOS_FLOOD_FRAMES;
inline constexpr uint32_t frames_per_turn = service_limits.packets_per_turn_max;
inline constexpr hal::DatagramAddress hostile_address{0x0A000042, 6'666};

/// What nodes refused in all boots of all tests of the flood; each reads the sum up to itself.
struct FloodTotals {
    std::array<uint64_t, error_code_count + 1> refusals{}; ///< by code
    std::array<uint64_t, wire::session_drop_count> drops{};
    uint64_t no_header = 0;
    uint64_t for_nobody = 0; ///< directed to a program, and there is none here
    uint64_t frames = 0;
};
extern FloodTotals flood_totals;

/// Keeps the last packets that were sent to the node, to send them again, whole or changed.
class Overheard final : public Listener {
public:
    void on_sent(const Datagram& datagram) noexcept override {
        if (datagram.to == ServiceRig::address) {
            kept_[count_ % kept_.size()] = datagram;
            count_ += 1;
        }
    }
    [[nodiscard]] const Datagram* any(SeededChoice& choice) const noexcept {
        const uint64_t size = count_ < kept_.size() ? count_ : kept_.size();
        return size == 0 ? nullptr : &kept_[choice.below(size)];
    }
    [[nodiscard]] const Datagram* newest() const noexcept {
        return count_ == 0 ? nullptr : &kept_[(count_ - 1) % kept_.size()];
    }

private:
    std::array<Datagram, 32> kept_{};
    uint64_t count_ = 0;
};

struct FloodArea {
    Overheard recorder;
    WireFrames frames{2026};
    Datagram changed;
};
alignas(FloodArea) extern std::array<uint8_t, sizeof(FloodArea)> flood_area;

class Flood : public ::testing::Test {
protected:
    Flood() : area{*new(flood_area.data()) FloodArea} {
        rig.boot();
        rig.net.listen(&area.recorder);
    }
    ~Flood() { keep_totals(); }

    /// Before a node's counters go with it.
    void keep_totals() noexcept {
        for (size_t code = 1; code <= error_code_count; ++code) {
            flood_totals.refusals[code] +=
                rig.node().counters().refusals(static_cast<ErrorCode>(code));
        }
        const wire::SessionFigures& figures = rig.service().sessions().figures();
        for (size_t drop = 0; drop < wire::session_drop_count; ++drop) {
            flood_totals.drops[drop] += figures.drops[drop];
        }
        flood_totals.no_header += rig.service().port().figures().dropped_header;
        flood_totals.for_nobody += rig.service().port().figures().dropped_nobody;
    }
    void restart() noexcept {
        keep_totals();
        rig.cut_power();
        rig.boot();
    }

    [[nodiscard]] Surroundings around() noexcept {
        return {rig.net, rig.node().identity().exchange_key(), ServiceRig::address,
                [](void* it) noexcept { static_cast<ServiceRig*>(it)->turn(); }, &rig};
    }

    /// A valid client lives through the storm: it grants, writes, reads back and lets go.
    void expect_service(const char* when) {
        const ServiceRig::Held held = rig.must_hold(rig.alice, 4'096);
        std::array<uint8_t, 8> data{1, 2, 3, 4, 5, 6, 7, 8};
        EXPECT_TRUE(rig.write(rig.alice, held, 0, data).is_ok()) << when;
        const Result<Bytes> read = rig.read(rig.alice, held, 0, 8);
        EXPECT_TRUE(read.is_ok() && is_equal(read.value(), data)) << when;
        EXPECT_TRUE(rig.free(rig.alice, held).is_ok()) << when;
        EXPECT_TRUE(rig.node().readiness() == node::Readiness::ready) << when;
        EXPECT_TRUE(rig.node().lessor().table().check_invariants()) << when;
    }

    /// Something that lay on the wire before: as it was, from elsewhere, or with a changed bit.
    void inject_old() {
        const Datagram* const old = area.recorder.any(choice);
        if (old == nullptr) {
            return;
        }
        Datagram& packet = area.changed;
        packet = *old;
        switch (choice.below(5)) {
        case 0: break;
        case 4: packet.bytes[3] = static_cast<uint8_t>(wire::PacketKind::plain); break;
        case 1: packet.from = hostile_address; break;
        case 2: packet.size = choice.below(packet.size) + 1; break;
        case 3: {
            const size_t at = choice.below(packet.size);
            packet.bytes[at] = static_cast<uint8_t>(packet.bytes[at] ^ (1u << choice.below(8)));
            break;
        }
        }
        rig.net.inject(packet.from, ServiceRig::address, packet.view());
    }

    void inject_frame() {
        const WireFrame frame = area.frames.next();
        std::array<uint8_t, wire::packet_bytes_max> bytes;
        copy_bytes(bytes, frame.packet);
        if (frame.packet.size() > 3 && choice.below(4) != 0) {
            bytes[3] = static_cast<uint8_t>(choice.below(8)); // each kind, and two that nobody has
        }
        rig.net.inject(hostile_address, ServiceRig::address,
                       Bytes{bytes}.first(frame.packet.size()));
    }

    /// A hello or an init of the right size, and full of nonsense.
    void inject_shaped() {
        std::array<uint8_t, sizeof(wire::InitPacket)> bytes;
        for (uint8_t& byte : bytes) {
            byte = static_cast<uint8_t>(choice.below(256));
        }
        const bool is_hello = choice.below(2) == 0;
        const size_t size = is_hello ? sizeof(wire::HelloPacket) : sizeof(wire::InitPacket);
        const wire::PacketHeader header{
            .kind = is_hello ? wire::PacketKind::hello : wire::PacketKind::init,
            .body_bytes = static_cast<uint16_t>(size - wire::packet_header_bytes),
            .session = {is_hello ? 0 : choice.below(1u << 30)}};
        wire::encode_packet_header(header, std::span{bytes}.first<wire::packet_header_bytes>());
        rig.net.inject(hostile_address, ServiceRig::address, Bytes{bytes}.first(size));
    }

    /// One turn's worth of strangers' frames, and the turn.
    void storm_turn() {
        for (uint32_t i = 0; i < frames_per_turn; ++i) {
            if (i % 4 == 3) {
                inject_old();
            } else if (i % 4 == 2) {
                inject_shaped();
            } else {
                inject_frame();
            }
        }
        flood_totals.frames += frames_per_turn;
        rig.turn();
    }

    /// Of several only the first, since the others would raise the floor beyond our numbers.
    [[nodiscard]] static Bytes first_message(Bytes body) {
        Bytes rest = body;
        const bool is_whole = wire::take_message(rest).is_ok();
        const size_t size = is_whole ? body.size() - rest.size() : body.size();
        return body.first(size < wire::packet_body_bytes_max ? size : wire::packet_body_bytes_max);
    }

    /// Most messages under the next number, so that they get past the session; one in eight under
    /// an old one, one far ahead of what is open.
    void renumber(MutableBytes message, uint32_t which, uint64_t& number) {
        number += which < 6 ? 1u : 0u;
        const uint64_t old = number - choice.below(number);
        const uint64_t request = which < 6 ? number : which == 6 ? old : number + 60;
        store_big_endian<uint64_t>(message.data() + 4, request);
        store_big_endian<uint16_t>(message.data() + 12, which == 7 ? uint16_t{200} : uint16_t{0});
    }

    ServiceRig rig{};
    SeededChoice choice{42};
    FloodArea& area;
};

} // namespace grafos::test
