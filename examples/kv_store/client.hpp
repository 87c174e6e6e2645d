// SPDX-License-Identifier: Apache-2.0
/// A client: makes ten requests of the one server that it knows, one at a time, and stops.
///
///     Start ─► [step] ─► Get or Put ─► … ─► its answer: printed ─► Continue to itself ─► [step] ─►
///     …
///                └─ nothing remains: finished, stops
///
/// It never deletes, and knows no other client: that the keys it meets were put by somebody else
/// is all it learns of them. Clients have no names: each prints `[client]`.
#pragma once

#include "examples/emulation/actor.hpp"
#include "examples/kv_store/store.hpp"

namespace grafos::kv_store {

using ServerAddress = emulation::Address<ServerProtocol>;
using ClientAddress = emulation::Address<ClientProtocol>;

class Client : public emulation::Actor<Client, ClientProtocol> {
public:
    template <typename Message>
    using Answer = emulation::Answer<Message>;
    using Context = emulation::Context<Client>;

    explicit Client(ServerAddress server) noexcept : server_{server} {}

    void on(Context& context, const Start& message) noexcept;
    void on(Context& context, const Continue& message) noexcept;
    void on(Context& context, const Answer<Get>& answer) noexcept;
    void on(Context& context, const Answer<Put>& answer) noexcept;

protected:
    // What breaks.hpp does wrong.
    [[nodiscard]] virtual std::string_view draw_key(Context& context) noexcept;
    [[nodiscard]] virtual bool is_done(const Said& said) const noexcept;
    ~Client() = default;

private:
    void step(Context& context) noexcept;
    void get(Context& context) noexcept;
    void put(Context& context) noexcept;
    void note_time_out(Context& context, const Error& error) noexcept;
    void go_on(Context& context) noexcept;

    ServerAddress server_;
    uint64_t remaining_ = requests_per_client;
    uint64_t timed_out_ = 0;
    // of the request under way
    std::string_view key_{};
    Kept<value_bytes_max> value_{};
};

/// The one that does as said above; the others are in breaks.hpp.
class SoundClient final : public Client {
public:
    using Client::Client;
};

} // namespace grafos::kv_store
