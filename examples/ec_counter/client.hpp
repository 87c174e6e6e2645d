// SPDX-License-Identifier: Apache-2.0
/// A client: a fixed number of random requests to its one server, one at a time.
///
///     Start ─► step ─► Get or Set ─► answer ─► print ─► Continue ─┐
///                └─◄──────────────────────────────────────────────┘  … none left: finished
///
/// No answer in time is an outcome like another: it is printed and counted, and the next request
/// follows. Whether the server heard it nobody knows, and nobody needs to: setting a counter to a
/// maximum may be done twice.
#pragma once

#include "examples/ec_counter/messages.hpp"

namespace grafos::ec_counter {

class Client final : public emulation::Actor<Client, ClientProtocol> {
public:
    template <typename Message>
    using Answer = emulation::Answer<Message>;
    using Context = emulation::Context<Client>;

    struct Options {
        ServerAddress server{}; ///< nobody: it stops when it is told to start
        uint64_t requests = 100;
        uint64_t value_least = 0;
        uint64_t value_most = 999;
        Duration patience = emulation::call_patience;
    };
    explicit Client(const Options& options) noexcept
        : options_{options}, remaining_{options.requests} {}

    void on(Context& context, const Start& message) noexcept;
    void on(Context& context, const Continue& message) noexcept;
    void on(Context& context, const Answer<Get>& answer) noexcept;
    void on(Context& context, const Answer<Set>& answer) noexcept;

private:
    void step(Context& context) noexcept;
    void go_on(Context& context) noexcept;
    /// What stands behind the arrow when there is no answer.
    void note_failure(Context& context, const Error& why) noexcept;

    Options options_;
    uint64_t remaining_;
    uint64_t value_ = 0; ///< of the set under way
    uint64_t timed_out_ = 0;
    uint64_t refused_ = 0;
};

} // namespace grafos::ec_counter
