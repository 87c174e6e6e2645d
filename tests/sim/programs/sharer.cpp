// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/programs/sharer.hpp"

#include "core/wire/messages.hpp"

namespace grafos::test {
namespace {

using What = ProgramEvent::What;

constexpr Duration look_interval{100};
constexpr Duration token_interval{800};
constexpr Duration attach_retry{400};
constexpr Duration patience{2'000};
constexpr uint64_t late_value = 0xeeee'eeee'eeee'eeee;

[[nodiscard]] bool is_waiting(const Error& error) noexcept {
    return error.code == ErrorCode::busy &&
           (error.field == Field::ticket || error.field == Field::clock);
}

} // namespace

Sharer::Sharer(const Parts& parts, uint64_t seed) noexcept : parts_{parts}, choice_{seed} {
    GRAFOS_ASSERT(parts.clients > 0 && parts.clients <= clients_max);
    const Sharing::Parts& all = parts.sharing.parts();
    for (uint32_t i = 0; i < parts.clients; ++i) {
        clients_[i].emplace(SharingClient::Parts{all.observers, all.verdict, parts.sharing.record(),
                                                 parts.client + i, parts.machine, parts.program + i,
                                                 all.is_home_forgetful},
                            choice_.next());
    }
}

SharingClient::Figures Sharer::figures() const noexcept {
    SharingClient::Figures sum;
    for (uint32_t i = 0; i < parts_.clients; ++i) {
        sum.add(clients_[i]->figures());
    }
    return sum;
}

fabric::Channel& Sharer::channel() noexcept {
    const Result<uint8_t> home = fabric_->find_home(parts_.sharing.name_of(home_));
    GRAFOS_ASSERT(home.is_ok() && fabric_->homes()[home.value()].is_remote());
    return *fabric_->homes()[home.value()].channel;
}

/// Who attaches a lease was not granted one.
void Sharer::say(What what, const Error& error) noexcept {
    if (!is_holder_) {
        return;
    }
    ProgramEvent event{.what = what,
                       .program = parts_.program,
                       .home = home_,
                       .ttl = Sharing::ttl,
                       .error = error};
    event.ref = lease_.has_value() ? lease_->lease_ref() : LeaseRef{};
    parts_.sharing.parts().observers.say(
        {.what = SimEvent::What::program, .machine = parts_.machine, .program = &event});
}

Instant Sharer::next_deadline() const noexcept {
    Instant next = look_at_;
    for (uint32_t i = 0; i < parts_.clients && joined_ != 0; ++i) {
        if (!clients_[i]->is_busy()) {
            next = earlier_of(next, clients_[i]->next_at());
        }
    }
    return parts_.sharing.is_wanted || !is_away() || joined_ != 0 ? next : Instant::never();
}

void Sharer::step(Instant now) noexcept {
    look_at_ = saturating_add(now, look_interval);
    parts_.sharing.tick();
    poll_late(now);
    const bool is_on = parts_.sharing.phase() != Sharing::Phase::idle;
    if (joined_ != 0 && (!is_on || joined_ != round().number)) {
        leave(now);
    }
    if (!is_on) {
        return;
    }
    if (joined_ == 0) {
        join(now);
    }
    if (is_owner() || is_home()) {
        step_lease(now);
    }
    if (joined_ != 0 && parts_.sharing.phase() == Sharing::Phase::open && is_ready()) {
        step_clients(now);
    }
}

// --- coming and going
// ----------------------------------------------------------------------------

void Sharer::join(Instant now) noexcept {
    joined_ = round().number;
    is_holder_ = is_owner();
    home_ = round().home;
    token_ = 0;
    is_lazy_ = choice_.chance(500);
    retry_at_ = now;
    token_at_ = now;
    is_revoking_ = false;
    revocation_ = {};
}

/// Handles first, then what they are of.
void Sharer::leave(Instant now) noexcept {
    if (regions_[0].has_value() && fabric_ != nullptr && choice_.chance(500)) {
        write_late(now);
    }
    const bool is_recorded = joined_ == round().number;
    for (uint32_t i = 0; i < parts_.clients; ++i) {
        clients_[i]->leave(is_recorded ? joined_ : 0);
        regions_[i].reset();
        terms_[i] = {};
    }
    if (token_request_.number != 0) {
        channel().release(token_request_);
        token_request_ = {};
    }
    memory_.reset();
    acquiring_.reset();
    if (lease_.has_value()) {
        say(What::gave_up);
        lease_.reset();
    }
    joined_ = 0;
}

/// Nothing is told, and nothing written late; its clock begins anew.
void Sharer::on_power_off() noexcept {
    token_request_ = {};
    late_.reset();
    memory_.reset();
    lease_.reset();
    fabric_ = nullptr;
    leave({});
    look_at_ = retry_at_ = token_at_ = {};
    for (uint32_t i = 0; i < parts_.clients; ++i) {
        clients_[i]->forget_time();
    }
}

/// Nobody can be spoken to before this machine knows who it is.
bool Sharer::is_ready() noexcept {
    const Result<uint8_t> own = fabric_->find_home(parts_.sharing.name_of(parts_.machine));
    GRAFOS_ASSERT(own.is_ok());
    return !fabric_->node_of(fabric_->homes()[own.value()]).is_zero();
}

/// By the token of a lease that is over, or nearly: nobody may ever see it.
void Sharer::write_late(Instant now) noexcept {
    if (late_.has_value()) {
        return;
    }
    late_terms_ = {.token = terms_[0].token, .usable_until = Instant::never()};
    store_word(late_bytes_, late_value);
    late_.emplace(fabric::RemoteRegion::Parts{channel(), late_terms_, lease::ResourceKind::memory,
                                              SharedLayout::bytes, patience});
    const Result<lease::RegionTicket> started =
        late_->start_write(SharedLayout::word_of(0), late_bytes_, now);
    if (started.is_ok()) {
        late_ticket_ = started.value();
    } else {
        late_.reset();
    }
}

void Sharer::poll_late(Instant now) noexcept {
    if (!late_.has_value()) {
        return;
    }
    const Result<lease::RegionAnswer> answer = late_->poll(late_ticket_, now);
    if (answer.is_ok() || !is_waiting(answer.error())) {
        late_.reset();
    }
}

// --- holding it, on the owner's machine and at home
// ----------------------------------------------

void Sharer::step_lease(Instant now) noexcept {
    if (lease_.has_value()) {
        const Result<> status = lease_->status();
        if (!status.is_ok() && !is_waiting(status.error())) {
            say(What::ended, status.error());
            let_go();
            retry_at_ = saturating_add(now, attach_retry);
            if (is_owner()) {
                parts_.sharing.over(joined_);
                return;
            }
        }
    }
    if (acquiring_.has_value()) {
        poll_acquire(now);
    } else if (!lease_.has_value() && now >= retry_at_) {
        acquire(now);
    }
    if (is_owner() && lease_.has_value()) {
        ask_token(now);
    }
    if (lease_.has_value()) {
        end_it();
    }
}

void Sharer::acquire(Instant now) noexcept {
    const bool is_open = parts_.sharing.phase() == Sharing::Phase::open;
    if (is_open == is_owner()) {
        return; // an owner has it by then; at home it is not known before
    }
    retry_at_ = saturating_add(now, attach_retry);
    fabric::MemBuilder builder{*fabric_};
    builder.min_bytes(SharedLayout::bytes)
        .lease_ttl(Sharing::ttl)
        .tenant(Sharing::tenant)
        .on(parts_.sharing.name_of(round().home));
    Result<fabric::Acquiring<fabric::MemLease>> started =
        is_owner() ? builder.start_acquire() : builder.start_attach(round().lease);
    if (started.is_ok()) {
        acquiring_.emplace(std::move(started).value());
        say(What::asked);
    }
}

void Sharer::poll_acquire(Instant now) noexcept {
    Result<fabric::MemLease> result = acquiring_->poll();
    if (!result.is_ok() && is_waiting(result.error())) {
        return;
    }
    acquiring_.reset();
    retry_at_ = saturating_add(now, attach_retry);
    if (result.is_ok()) {
        lease_.emplace(std::move(result).value());
        memory_.emplace(lease_->mem());
        if (is_owner()) {
            parts_.sharing.granted(lease_->lease_id(), lease_->lease_ref(), memory_->arena_size());
        }
        say(What::granted);
        return;
    }
    say(What::refused, result.error());
    if (is_owner()) {
        parts_.sharing.over(joined_); // another time, perhaps elsewhere
    }
}

/// As a restarted holder would: the answer has a token of the newest generation.
void Sharer::ask_token(Instant now) noexcept {
    if (token_request_.number != 0) {
        poll_token();
        return;
    }
    if (now < token_at_) {
        return;
    }
    std::array<uint8_t, wire::whole_payload_bytes_max> payload;
    const Result<size_t> size = wire::encode(wire::LeaseAttachRequest{lease_->lease_id()}, payload);
    GRAFOS_ASSERT(size.is_ok());
    const Result<wire::RequestHandle> started = channel().start(
        wire::MessageType::lease_attach, Bytes{payload}.first(size.value()), patience, now);
    if (started.is_ok()) {
        token_request_ = started.value();
        token_at_ = saturating_add(now, token_interval);
    }
}

void Sharer::poll_token() noexcept {
    const Result<wire::ReplyView> reply = channel().poll(token_request_);
    if (!reply.is_ok() && is_waiting(reply.error())) {
        return;
    }
    if (reply.is_ok()) {
        const auto answer = wire::decode<wire::LeaseAttachReply>(reply.value().payload);
        if (answer.is_ok()) {
            const Result<lease::Token> token = lease::token_of(answer.value().token);
            GRAFOS_ASSERT(token.is_ok());
            parts_.sharing.show(token.value());
        }
    }
    channel().release(token_request_);
    token_request_ = {};
}

/// With accesses of everybody in flight, if it so happens.
void Sharer::end_it() noexcept {
    switch (parts_.sharing.due()) {
    case Sharing::Ending::none: return;
    case Sharing::Ending::revoked:
        if (is_home()) {
            revoke();
        }
        return;
    case Sharing::Ending::released_by_owner:
    case Sharing::Ending::released_at_home: break;
    }
    if ((parts_.sharing.due() == Sharing::Ending::released_by_owner) == is_owner()) {
        parts_.sharing.noted_released();
        say(What::gave_up);
        let_go(); // the others are told by the home
        retry_at_ = Instant::never();
    }
}

void Sharer::let_go() noexcept {
    for (uint32_t i = 0; i < parts_.clients; ++i) {
        clients_[i]->leave(joined_);
    }
    memory_.reset();
    lease_.reset();
}

void Sharer::revoke() noexcept {
    const Result<uint8_t> own = fabric_->find_home(parts_.sharing.name_of(parts_.machine));
    GRAFOS_ASSERT(own.is_ok());
    lease::Grantor& grantor = *fabric_->homes()[own.value()].grantor;
    if (revocation_.generation != 0) {
        const Result<lease::Answer> answer = grantor.poll(revocation_);
        if (answer.is_ok() || answer.error().code != ErrorCode::busy) {
            revocation_ = {};
        }
        return;
    }
    if (is_revoking_) {
        return;
    }
    lease::Request request;
    request.operation = lease::Operation::revoke;
    request.caller.identity = bytes_of("operator");
    request.lease_ref = round().ref;
    request.grace = round().grace;
    request.reason = lease::Reason::authority_request;
    const Result<lease::Ticket> ticket = grantor.start(request);
    if (ticket.is_ok()) {
        is_revoking_ = true;
        revocation_ = ticket.value();
        parts_.sharing.noted_revoked();
    }
}

// --- clients
// -------------------------------------------------------------------------------------

lease::Region* Sharer::region_of(uint32_t client, Instant now) noexcept {
    if (is_owner() || is_home()) {
        return memory_.has_value() ? &memory_->region() : nullptr;
    }
    if (!regions_[client].has_value()) {
        terms_[client] = {.token = round().token, .usable_until = Instant::never()};
        regions_[client].emplace(fabric::RemoteRegion::Parts{
            channel(), terms_[client], lease::ResourceKind::memory, round().size_bytes, patience});
        channel().connect(now);
    }
    return &*regions_[client];
}

void Sharer::step_clients(Instant now) noexcept {
    bool is_token_old = !is_lazy_;
    for (uint32_t i = 0; i < parts_.clients && joined_ == round().number; ++i) {
        lease::Region* const region = region_of(i, now);
        if (region == nullptr) {
            return;
        }
        const SharedAccess access{.region = region,
                                  .ref = round().ref,
                                  .home = round().home,
                                  .round = joined_,
                                  .is_direct = regions_[i].has_value()};
        const SharingClient::Outcome outcome = clients_[i]->step(access, true, now);
        if (outcome == SharingClient::Outcome::lease_is_over && access.is_direct) {
            parts_.sharing.over(joined_);
            leave(now);
            return;
        }
        is_token_old = is_token_old || outcome == SharingClient::Outcome::token_is_old;
    }
    if (is_token_old && token_ != round().tokens) {
        token_ = round().tokens;
        for (fabric::HeldTerms& terms : terms_) {
            terms.token = round().token;
        }
    }
}

} // namespace grafos::test
