// SPDX-License-Identifier: Apache-2.0
#include "tests/support/simulated_net.hpp"

namespace grafos::test {

/// Datagrams take the first free place, so the ones on their way lie in front.
template <typename Visitor>
void SimulatedNet::for_each(const Visitor& visit) noexcept {
    size_t left = count_;
    for (size_t i = 0; i < in_flight_.size() && left > 0; ++i) {
        if (in_flight_[i].order != 0) {
            left -= 1;
            visit(in_flight_[i]);
        }
    }
}

template <typename Visitor>
void SimulatedNet::for_each(const Visitor& visit) const noexcept {
    size_t left = count_;
    for (size_t i = 0; i < in_flight_.size() && left > 0; ++i) {
        if (in_flight_[i].order != 0) {
            left -= 1;
            visit(in_flight_[i]);
        }
    }
}

void SimulatedNet::listen(Listener* whom) noexcept {
    listener = whom;
}

void SimulatedNet::close(const Direction& direction) noexcept {
    GRAFOS_ASSERT(closed_count_ < closed_.size());
    closed_[closed_count_] = direction;
    closed_count_ += 1;
}

void SimulatedNet::cut(const hal::DatagramAddress& from, const hal::DatagramAddress& to) noexcept {
    close({from, to, Way::cut});
}

void SimulatedNet::hold(const hal::DatagramAddress& from, const hal::DatagramAddress& to) noexcept {
    close({from, to, Way::held});
}

void SimulatedNet::heal() noexcept {
    closed_count_ = 0;
    for_each([&](Datagram& place) {
        place.arrives = place.arrives == Instant::never() ? now_ : place.arrives;
    });
}

void SimulatedNet::open(const hal::DatagramAddress& from, const hal::DatagramAddress& to) noexcept {
    size_t kept = 0;
    for (size_t i = 0; i < closed_count_; ++i) {
        if (closed_[i].from != from || closed_[i].to != to) {
            closed_[kept] = closed_[i];
            kept += 1;
        }
    }
    closed_count_ = kept;
    for_each([&](Datagram& place) {
        if (place.arrives == Instant::never() && place.from == from && place.to == to) {
            place.arrives = now_;
        }
    });
}

SimulatedNet::Way SimulatedNet::way_of(const hal::DatagramAddress& from,
                                       const hal::DatagramAddress& to) const noexcept {
    for (size_t i = 0; i < closed_count_; ++i) {
        if (closed_[i].from == from && closed_[i].to == to) {
            return closed_[i].way;
        }
    }
    return Way::open;
}

void SimulatedNet::lose_next(const hal::DatagramAddress& from, const hal::DatagramAddress& to,
                             uint64_t count) noexcept {
    picked_ = {from, to, Way::cut};
    pick_count_ = count;
}

bool SimulatedNet::is_picked_out(const hal::DatagramAddress& from,
                                 const hal::DatagramAddress& to) noexcept {
    if (pick_count_ == 0 || picked_.from != from || picked_.to != to) {
        return false;
    }
    pick_count_ -= 1;
    picked_out += 1;
    return true;
}

void SimulatedNet::send(const hal::DatagramAddress& from, const hal::DatagramAddress& to,
                        Bytes payload) noexcept {
    sent += 1;
    if (listener != nullptr) {
        heard_.from = from;
        heard_.to = to;
        heard_.arrives = now_;
        heard_.order = sent;
        heard_.size = payload.size();
        copy_bytes(heard_.bytes, payload);
        listener->on_sent(heard_);
    }
    const Way way = way_of(from, to);
    cut_off += way == Way::cut ? 1u : 0u;
    if (way == Way::cut || is_picked_out(from, to) || choice_.chance(faults.loss_permille)) {
        lost += 1;
        return;
    }
    const uint32_t copies = choice_.chance(faults.duplicate_permille) ? 2 : 1;
    duplicated += copies - 1;
    for (uint32_t i = 0; i < copies; ++i) {
        const uint64_t delay = choice_.between(faults.delay_least.ms, faults.delay_most.ms);
        const Instant arrives = way == Way::held ? Instant::never() : Instant{now_.ms + delay};
        held_back += put(from, to, payload, arrives) && way == Way::held ? 1u : 0u;
    }
}

void SimulatedNet::inject(const hal::DatagramAddress& from, const hal::DatagramAddress& to,
                          Bytes payload) noexcept {
    (void)put(from, to, payload, now_);
}

void SimulatedNet::flip_bit(Datagram& datagram, uint64_t bit) noexcept {
    uint8_t& byte = datagram.bytes[bit / 8];
    byte = static_cast<uint8_t>(byte ^ (1u << (bit % 8)));
    changed += 1;
}

size_t SimulatedNet::held_count() const noexcept {
    size_t count = 0;
    for_each([&](const Datagram& place) { count += place.arrives == Instant::never() ? 1u : 0u; });
    return count;
}

bool SimulatedNet::put(const hal::DatagramAddress& from, const hal::DatagramAddress& to,
                       Bytes payload, Instant arrives) noexcept {
    const bool has_room = arrives != Instant::never() || held_count() < held_max;
    for (Datagram& place : in_flight_) {
        if (place.order != 0 || !has_room) {
            continue;
        }
        order_ += 1;
        count_ += 1;
        place.from = from;
        place.to = to;
        place.arrives = arrives;
        place.order = order_;
        place.size = payload.size();
        copy_bytes(place.bytes, payload);
        if (choice_.chance(faults.flip_permille)) {
            flip_bit(place, choice_.below(8 * payload.size()));
        }
        return true;
    }
    overflowed += 1;
    lost += 1;
    return false;
}

bool SimulatedNet::overtakes(const Datagram& datagram) const noexcept {
    bool is_any_older = false;
    for_each([&](const Datagram& place) {
        is_any_older = is_any_older || (place.order < datagram.order &&
                                        place.from == datagram.from && place.to == datagram.to);
    });
    return is_any_older;
}

Result<hal::ReceivedDatagram> SimulatedNet::receive(const hal::DatagramAddress& at,
                                                    MutableBytes into) noexcept {
    Datagram* first = nullptr;
    for_each([&](Datagram& place) {
        if (place.to != at || place.arrives > now_) {
            return;
        }
        const bool is_earlier = first == nullptr || place.arrives < first->arrives ||
                                (place.arrives == first->arrives && place.order < first->order);
        first = is_earlier ? &place : first;
    });
    if (first == nullptr) {
        return Error{ErrorCode::busy};
    }
    if (change_countdown_ > 0) {
        change_countdown_ -= 1;
        if (change_countdown_ == 0) {
            flip_bit(*first, 8 * (first->size - 1));
        }
    }
    received += 1;
    overtaken += overtakes(*first) ? 1u : 0u;
    if (listener != nullptr) {
        listener->on_delivered(*first);
    }
    copy_bytes(into, first->view());
    first->order = 0;
    count_ -= 1;
    return hal::ReceivedDatagram{first->from, first->size};
}

void SimulatedNet::lose_all() noexcept {
    lost += count_;
    for_each([&](Datagram& place) { place.order = 0; });
    count_ = 0;
}

Instant SimulatedNet::next_arrival() const noexcept {
    Instant next = Instant::never();
    for_each([&](const Datagram& place) { next = earlier_of(next, place.arrives); });
    return next;
}

Instant SimulatedNet::next_arrival(const hal::DatagramAddress& at) const noexcept {
    Instant next = Instant::never();
    for_each([&](const Datagram& place) {
        next = place.to == at ? earlier_of(next, place.arrives) : next;
    });
    return next;
}

Instant SimulatedNet::next_arrival(uint32_t first_host, uint32_t count) const noexcept {
    Instant next = Instant::never();
    for (const Datagram& place : in_flight_) {
        const bool is_for_one = place.order != 0 && place.to.ipv4 - first_host < count;
        next = is_for_one ? earlier_of(next, place.arrives) : next;
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
