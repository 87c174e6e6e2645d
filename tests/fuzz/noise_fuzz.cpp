// SPDX-License-Identifier: Apache-2.0
/// Handshake messages from anybody, to both ends: refused, or exactly what the other end wrote. The
/// first byte says which true message the rest is laid over (exclusive or), so that what lies
/// behind a right length and a right key is reached as well.
#include <new>

#include "core/crypto/noise.hpp"

using namespace grafos;
using namespace grafos::crypto;

namespace {

constexpr std::string_view prologue = "grafos-wire-v1\n";

struct Ends {
    Ends() {
        drbg.seed(bytes_of("noise_fuzz"));
        client.start(draw_identity_secrets(drbg));
        node.start(draw_identity_secrets(drbg));
        initiator.start(client, node.exchange_key(), bytes_of(prologue), bytes_of("first"),
                        EphemeralSecret{drbg});
        run(initiator);
        GRAFOS_ASSERT(read_first(responder, initiator.message()) == Step::done);
        responder.start_write(bytes_of("second"), EphemeralSecret{drbg});
        run(responder);
    }
    template <typename End>
    static Step run(End& end) {
        Step step = Step::more;
        while (step == Step::more) {
            step = end.step();
        }
        return step;
    }
    [[nodiscard]] Step read_first(NoiseResponder& reader, Bytes message) const {
        return reader.start_read(node, bytes_of(prologue), message) ? run(reader) : Step::refused;
    }
    Drbg drbg;
    Identity client;
    Identity node;
    NoiseInitiator initiator;
    NoiseResponder responder;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static Ends ends;
    if (size == 0) {
        return 0;
    }
    const Bytes rest{data + 1, size - 1};
    const bool is_first = (data[0] & 1) != 0;
    const Bytes truth = is_first ? ends.initiator.message() : ends.responder.message();
    std::array<uint8_t, 512> buffer{};
    const bool is_laid_over = (data[0] & 2) != 0;
    if (is_laid_over) {
        copy_bytes(buffer, truth);
    }
    const size_t most = rest.size() < buffer.size() ? rest.size() : buffer.size();
    for (size_t i = 0; i < most; ++i) {
        buffer[i] = static_cast<uint8_t>(buffer[i] ^ rest[i]);
    }
    const size_t length = is_laid_over && most < truth.size() ? truth.size() : most;
    const Bytes message = Bytes{buffer}.first(length);
    Step step = Step::refused;
    if (is_first) {
        NoiseResponder reader;
        step = ends.read_first(reader, message);
    } else if (ends.initiator.start_read(message)) {
        step = Ends::run(ends.initiator);
    }
    GRAFOS_ASSERT((step == Step::done) == is_equal(message, truth));
    if (!is_first && step == Step::done) {
        ends.~Ends(); // the initiator reads one true answer only
        new (&ends) Ends{};
    }
    return 0;
}
