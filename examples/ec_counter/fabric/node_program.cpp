// SPDX-License-Identifier: Apache-2.0
/// `program=ec-counter` of the node's image: a station, and a line on the console for each of its
/// lines.
#include <algorithm>
#include <new>

#include "boards/common/node_program.hpp"
#include "examples/ec_counter/fabric/station.hpp"

namespace grafos::board {
namespace {

using ec_counter::ClientsStation;
using ec_counter::FabricWords;
using ec_counter::ServerStation;

class EcCounterProgram final : public NodeProgram, private emulation::Observer {
public:
    [[nodiscard]] std::optional<ArgumentProblem> read_words(
        std::string_view words) noexcept override {
        const std::optional<ec_counter::WordProblem> problem =
            ec_counter::read_fabric_words(words, words_, accepted_);
        return problem.has_value()
                   ? std::optional{ArgumentProblem{"extra", problem->word, problem->accepted}}
                   : std::nullopt;
    }

    [[nodiscard]] Result<> start(const NodeProgramHost& host) noexcept override {
        if (host.service == nullptr) {
            return Error{ErrorCode::unsupported, Field::address}; // a machine without a link
        }
        lines_ = &host.lines;
        const ec_counter::StationHost parts{host.fabric, *host.service, *this, host.seed};
        if (words_.has_clients) {
            clients_ = new (seat_.data()) ClientsStation{parts, words_};
            station_ = clients_;
            return clients_->start();
        }
        server_ = new (seat_.data()) ServerStation{parts, words_};
        station_ = server_;
        return server_->start();
    }
    void step(Instant now) noexcept override { station_->step(now); }
    [[nodiscard]] Instant next_deadline() const noexcept override {
        return station_->next_deadline();
    }

    [[nodiscard]] bool wants_end() const noexcept override {
        return server_ != nullptr ? server_->is_over() : clients_->is_over();
    }
    /// A server ends with what stopped it, the clients' machine with main's verdict.
    [[nodiscard]] Result<> outcome() const noexcept override {
        if (server_ != nullptr) {
            return stopped_;
        }
        return clients_->value().has_value() ? Result<>{ok()}
                                             : Error{ErrorCode::not_ready, Field::data};
    }

private:
    static constexpr size_t seat_bytes = std::max(sizeof(ServerStation), sizeof(ClientsStation));

    void on_line(Instant, const emulation::ActorView&, const emulation::Rule&,
                 std::string_view text) noexcept override {
        lines_->print_line(text);
    }
    void on_stopped(Instant, const emulation::ActorView&, const Error& why) noexcept override {
        stopped_ = why;
    }

    FabricWords words_{};
    std::array<char, 160> accepted_{}; ///< text of a problem
    SharedConsole* lines_ = nullptr;
    Result<> stopped_{ok()};
    ec_counter::Station* station_ = nullptr;
    ServerStation* server_ = nullptr;
    ClientsStation* clients_ = nullptr;
    alignas(16) std::array<uint8_t, seat_bytes> seat_{};
};

alignas(EcCounterProgram) constinit std::array<uint8_t, sizeof(EcCounterProgram)> area{};

} // namespace

NodeProgram& make_ec_counter() noexcept {
    return *new (area.data()) EcCounterProgram{};
}

} // namespace grafos::board
