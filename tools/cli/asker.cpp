// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/asker.hpp"

#include "core/wire/session/trusted_fabric.hpp"
#include "tools/cli/key_file.hpp"
#include "tools/cli/silence.hpp"

namespace grafos::cli {
namespace {

constexpr uint32_t packets_per_turn = 64;
constexpr uint64_t ns_per_second = 1'000'000'000;

} // namespace

std::optional<std::string> Station::start(const std::filesystem::path& key) {
    crypto::IdentitySecrets secrets{};
    if (auto problem = read_key_file(key, secrets)) {
        return problem;
    }
    identity_.start(secrets);
    crypto::erase_secrets(secrets);
    clock_.start(ns_per_second, Instant{0});
    link_ = std::make_unique<board::UdpLink>(loop_);
    if (!loop_.start() || !link_->start({0, 0}).is_ok()) {
        return "the system gives no socket";
    }
    if (!drbg_.start(entropy_).is_ok()) {
        return "the system gives no random bytes";
    }
    port_.emplace(*link_, nullptr, &clients_);
    return std::nullopt;
}

Asker::~Asker() {
    for (size_t index = 0; index < sessions_.size(); ++index) {
        const bool was_open = sessions_[index] != nullptr && sessions_[index]->number().value != 0;
        if (was_open) {
            left_->put(nodes_[index].exchange_key, sessions_[index]->number());
        }
    }
}

Result<Asker::Session*> Asker::session_of(size_t index) {
    sessions_.resize(nodes_.size());
    auto& session = sessions_[index];
    if (session == nullptr) {
        session = std::make_unique<Session>(wire::ClientSession::Parts{
            station_.port(), station_.identity(), station_.drbg(), !wire::is_trusted_fabric_build});
        GRAFOS_TRY(station_.clients().add(*session));
        const wire::SessionNumber left = left_->take(nodes_[index].exchange_key);
        GRAFOS_TRY(session->open(nodes_[index], station_.now(), left));
    }
    return session.get();
}

/// The rest comes first, so that whoever waits looks at what the turn brought before the next one.
void Asker::turn(Instant latest) {
    if (!has_more_) {
        station_.rest_until(earlier_of(latest, station_.clients().next_deadline()));
    }
    const Instant now = station_.now();
    const bool has_packets = station_.port().receive(packets_per_turn, now);
    const bool has_step = station_.clients().tick(now);
    has_more_ = has_packets || has_step;
    station_.clients().flush(now);
    station_.port().flush();
}

void Asker::idle_until(Instant deadline, const volatile std::sig_atomic_t& is_over) {
    while (is_over == 0 && station_.now() < deadline) {
        turn(deadline);
    }
}

Result<wire::ReplyView> Asker::wait_for(size_t index, wire::MessageType type, Bytes payload,
                                        wire::RequestHandle& handle) {
    GRAFOS_TRY_ASSIGN(Session* const session, session_of(index));
    const wire::RequestOptions options{.patience = patience_, .takes_fragments = true};
    GRAFOS_TRY_ASSIGN(const wire::RequestHandle started,
                      session->start(type, payload, options, station_.now()));
    handle = started;
    has_more_ = true; // to be sent
    while (true) {    // until it is answered, or the session says `disconnected`
        Result<wire::ReplyView> view = session->poll(handle);
        if (view.is_ok() || view.error().code != ErrorCode::busy ||
            view.error().field != Field::request) {
            return view;
        }
        if (is_over_ != nullptr && *is_over_ != 0) {
            return Error{ErrorCode::disconnected, Field::operation};
        }
        turn(Instant::never());
    }
}

void Asker::release(size_t index, wire::RequestHandle handle) {
    if (index < sessions_.size() && sessions_[index] != nullptr) {
        sessions_[index]->release(handle);
    }
}

Duration Asker::turn_max(size_t index) const {
    return index < sessions_.size() && sessions_[index] != nullptr ? sessions_[index]->turn_max()
                                                                   : Duration{};
}

std::optional<Explanation> Asker::explanation(const std::string& what, size_t index,
                                              const Error& error) {
    if (error.code == ErrorCode::unsupported && error.field == Field::session) {
        return explain_kinds(error, nodes_[index]);
    }
    const bool is_ended = is_over_ != nullptr && *is_over_ != 0;
    const bool was_asked = index < sessions_.size() && sessions_[index] != nullptr;
    if (error.code != ErrorCode::disconnected || is_ended || !was_asked) {
        return std::nullopt;
    }
    const Reach reach = reach_of(sessions_[index]->figures(), nodes_[index].address);
    return explain(reach, what, error, nodes_[index],
                   hex_of(station_.identity().exchange_key().view()));
}

NodeId Asker::node_id(size_t index) const {
    return index < sessions_.size() && sessions_[index] != nullptr ? sessions_[index]->node_id()
                                                                   : NodeId{};
}

} // namespace grafos::cli
