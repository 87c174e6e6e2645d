// SPDX-License-Identifier: Apache-2.0
/// An actor that passes tokens on and asks questions, for whoever measures the actor layer.
#pragma once

#include "examples/emulation/actor.hpp"

namespace grafos::bench {

struct Sum {
    uint64_t value = 0;
};
struct Hop {
    static constexpr std::string_view name = "Hop";
    uint64_t left = 0;
};
struct Ask {
    static constexpr std::string_view name = "Ask";
    using Reply = Sum;
    uint64_t value = 0;
};
struct Begin {
    static constexpr std::string_view name = "Begin";
    uint64_t questions = 0;
};

} // namespace grafos::bench

namespace grafos::wire {

inline constexpr FieldLayout bench_sum_fields[] = {
    GRAFOS_WIRE_FIELD(bench::Sum, value, data, any())};
template <>
inline constexpr Layout layout_of<bench::Sum> = layout<bench::Sum>(bench_sum_fields);
inline constexpr FieldLayout bench_hop_fields[] = {
    GRAFOS_WIRE_FIELD(bench::Hop, left, data, any())};
template <>
inline constexpr Layout layout_of<bench::Hop> = layout<bench::Hop>(bench_hop_fields);
inline constexpr FieldLayout bench_ask_fields[] = {
    GRAFOS_WIRE_FIELD(bench::Ask, value, data, any())};
template <>
inline constexpr Layout layout_of<bench::Ask> = layout<bench::Ask>(bench_ask_fields);
inline constexpr FieldLayout bench_begin_fields[] = {
    GRAFOS_WIRE_FIELD(bench::Begin, questions, data, any())};
template <>
inline constexpr Layout layout_of<bench::Begin> = layout<bench::Begin>(bench_begin_fields);

} // namespace grafos::wire

namespace grafos::bench {

struct RunnerProtocol : emulation::Protocol<Hop, Ask, Begin> {};

class Runner final : public emulation::Actor<Runner, RunnerProtocol> {
public:
    using Context = emulation::Context<Runner>;
    void on(Context& context, const Hop& hop) noexcept {
        sum += hop.left;
        if (hop.left > 0) {
            context.send(next, Hop{hop.left - 1});
        }
    }
    void on(Context& context, const Ask& ask, const emulation::Asked<Sum>& asked) noexcept {
        sum += ask.value;
        context.reply(asked, Sum{sum});
    }
    void on(Context& context, const Begin& begin) noexcept {
        left_ = begin.questions;
        context.call(next, Ask{left_});
    }
    void on(Context& context, const emulation::Answer<Ask>& answer) noexcept {
        sum += answer.result.value().value;
        left_ -= 1;
        if (left_ > 0) {
            context.call(next, Ask{left_});
        }
    }
    emulation::Address<RunnerProtocol> next{};
    uint64_t sum = 0;

private:
    uint64_t left_ = 0;
};

} // namespace grafos::bench
