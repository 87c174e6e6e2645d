// SPDX-License-Identifier: Apache-2.0
#include "tests/support/simulated_net.hpp"

namespace grafos::test {

void SimulatedNet::listen(Listener* whom) noexcept {
    listener = whom;
}

void SimulatedNet::cut(const hal::DatagramAddress& from, const hal::DatagramAddress& to) noexcept {
    GRAFOS_ASSERT(cut_count_ < cuts_.size());
    cuts_[cut_count_] = {from, to};
    cut_count_ += 1;
}

bool SimulatedNet::is_cut(const hal::DatagramAddress& from,
                          const hal::DatagramAddress& to) const noexcept {
    for (size_t i = 0; i < cut_count_; ++i) {
        if (cuts_[i].from == from && cuts_[i].to == to) {
            return true;
        }
    }
    return false;
}

void SimulatedNet::send(const hal::DatagramAddress& from, const hal::DatagramAddress& to,
                        Bytes payload) noexcept {
    sent += 1;
    if (listener != nullptr) {
        Datagram heard{
            .from = from, .to = to, .arrives = now_, .order = sent, .size = payload.size()};
        copy_bytes(heard.bytes, payload);
        listener->on_sent(heard);
    }
    if (is_cut(from, to) || choice_.chance(faults.loss_permille)) {
        lost += 1;
        return;
    }
    const uint32_t copies = choice_.chance(faults.duplicate_permille) ? 2 : 1;
    for (uint32_t i = 0; i < copies; ++i) {
        const uint64_t delay = choice_.between(faults.delay_least.ms, faults.delay_most.ms);
        put(from, to, payload, Instant{now_.ms + delay});
    }
}

void SimulatedNet::inject(const hal::DatagramAddress& from, const hal::DatagramAddress& to,
                          Bytes payload) noexcept {
    put(from, to, payload, now_);
}

void SimulatedNet::put(const hal::DatagramAddress& from, const hal::DatagramAddress& to,
                       Bytes payload, Instant arrives) noexcept {
    for (Datagram& place : in_flight_) {
        if (place.order != 0) {
            continue;
        }
        order_ += 1;
        place.from = from;
        place.to = to;
        place.arrives = arrives;
        place.order = order_;
        place.size = payload.size();
        copy_bytes(place.bytes, payload);
        if (choice_.chance(faults.flip_permille)) {
            const uint64_t bit = choice_.below(8 * payload.size());
            place.bytes[bit / 8] = static_cast<uint8_t>(place.bytes[bit / 8] ^ (1u << (bit % 8)));
        }
        return;
    }
    lost += 1;
}

Result<hal::ReceivedDatagram> SimulatedNet::receive(const hal::DatagramAddress& at,
                                                    MutableBytes into) noexcept {
    Datagram* first = nullptr;
    for (Datagram& place : in_flight_) {
        if (place.order == 0 || place.to != at || place.arrives > now_) {
            continue;
        }
        const bool is_earlier = first == nullptr || place.arrives < first->arrives ||
                                (place.arrives == first->arrives && place.order < first->order);
        first = is_earlier ? &place : first;
    }
    if (first == nullptr) {
        return Error{ErrorCode::busy};
    }
    copy_bytes(into, first->view());
    first->order = 0;
    received += 1;
    return hal::ReceivedDatagram{first->from, first->size};
}

void SimulatedNet::lose_all() noexcept {
    for (Datagram& place : in_flight_) {
        lost += place.order != 0 ? 1u : 0u;
        place.order = 0;
    }
}

Instant SimulatedNet::next_arrival() const noexcept {
    Instant next = Instant::never();
    for (const Datagram& place : in_flight_) {
        next = place.order != 0 ? earlier_of(next, place.arrives) : next;
    }
    return next;
}

Result<> SimulatedLink::send(const hal::DatagramAddress& to, Bytes payload) noexcept {
    if (payload.empty() || payload.size() > hal::datagram_bytes_max) {
        return Error{ErrorCode::invalid_argument, Field::length, payload.size(),
                     hal::datagram_bytes_max};
    }
    if (to == hal::DatagramAddress{}) {
        return Error{ErrorCode::invalid_argument, Field::address};
    }
    if (is_full) {
        return Error{ErrorCode::busy};
    }
    net_.send(address_, to, payload);
    return ok();
}

} // namespace grafos::test
