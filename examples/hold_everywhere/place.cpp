// SPDX-License-Identifier: Apache-2.0
#include "examples/hold_everywhere/place.hpp"

namespace grafos::example {
namespace {

template <typename T>
[[nodiscard]] bool is_not_yet(const Result<T>& result) noexcept {
    return !result.is_ok() && result.error().code == ErrorCode::busy;
}

} // namespace

void Place::begin(board::Program& program, std::string_view node) noexcept {
    node_ = node;
    since_ = program.node().now();
    auto started = fabric::MemBuilder{program.fabric()}
                       .min_bytes(4096)
                       .lease_ttl(life)
                       .on(node)
                       .start_acquire();
    if (!started.is_ok()) {
        fail(program, "acquire", started.error());
        return;
    }
    acquiring_.emplace(std::move(started.value()));
    phase_ = Phase::acquiring;
}

void Place::step(board::Program& program, Duration work) noexcept {
    bool goes_on = true;
    for (size_t i = 0; goes_on && i < moves_per_turn_max; ++i) {
        const Phase before = phase_;
        move(program, work);
        goes_on = phase_ != before;
    }
}

void Place::move(board::Program& program, Duration work) noexcept {
    switch (phase_) {
    case Phase::acquiring: take_lease(program, work); return;
    case Phase::resting: write(program); return;
    case Phase::writing: take_written(program); return;
    case Phase::reading: take_read(program); return;
    case Phase::done:
    case Phase::failed: return;
    }
}

bool Place::is_over() const noexcept {
    return phase_ == Phase::done || phase_ == Phase::failed;
}

void Place::let_go(board::Program& program) noexcept {
    if (!lease_.has_value()) {
        return;
    }
    const uint64_t released = program.fabric().figures().released;
    const uint32_t held = program.fabric().count();
    since_ = program.node().now();
    lease_.reset();
    while (program.fabric().count() >= held) { // no longer than the lease would have lived
        program.turn();
    }
    const bool is_known = program.fabric().figures().released > released;
    tell(program, "free", is_known ? "ok" : "disconnected", 1, took(program));
    phase_ = is_known ? phase_ : Phase::failed;
}

void Place::take_lease(board::Program& program, Duration work) noexcept {
    auto held = acquiring_->poll();
    if (is_not_yet(held)) {
        return;
    }
    if (!held.is_ok()) {
        fail(program, "acquire", held.error());
        return;
    }
    lease_.emplace(std::move(held.value()));
    mem_.emplace(lease_->mem());
    expires_at_ = lease_->expires_at();
    until_ = saturating_add(program.node().now(), work);
    tell(program, "acquire", "ok", 1, took(program));
    phase_ = Phase::resting;
}

void Place::write(board::Program& program) noexcept {
    note_renewal();
    if (renewals_ > 0 && until_ <= program.node().now()) {
        finish(program);
        return;
    }
    since_ = is_retry_ ? since_ : program.node().now();
    store_big_endian(data_.data(), writes_.count + 1);
    start(program, "write", mem_->start_write(0, data_), Phase::writing);
}

void Place::take_written(board::Program& program) noexcept {
    if (!take(program, "write")) {
        return;
    }
    writes_.add(took(program));
    since_ = program.node().now();
    phase_ = Phase::reading;
    read(program);
}

void Place::read(board::Program& program) noexcept {
    start(program, "read", mem_->start_read(0, back_), Phase::reading);
}

void Place::take_read(board::Program& program) noexcept {
    if (!ticket_.has_value()) {
        read(program);
        return;
    }
    if (!take(program, "read")) {
        return;
    }
    if (data_ != back_) {
        fail(program, "read", Error{ErrorCode::corrupt, Field::data});
        return;
    }
    reads_.add(took(program));
    phase_ = Phase::resting;
}

void Place::start(board::Program& program, std::string_view what,
                  const Result<lease::RegionTicket>& started, Phase next) noexcept {
    is_retry_ = !started.is_ok() && started.error().code == ErrorCode::busy;
    if (is_retry_) {
        return;
    }
    if (!started.is_ok()) {
        fail(program, what, started.error());
        return;
    }
    ticket_ = started.value();
    phase_ = next;
}

bool Place::take(board::Program& program, std::string_view what) noexcept {
    const Result<lease::RegionAnswer> answer = mem_->poll(*ticket_);
    if (is_not_yet(answer)) {
        return false;
    }
    ticket_.reset();
    if (!answer.is_ok()) {
        fail(program, what, answer.error());
        return false;
    }
    return true;
}

void Place::note_renewal() noexcept {
    renewals_ += expires_at_ < lease_->expires_at() ? 1u : 0u;
    expires_at_ = lease_->expires_at();
}

void Place::finish(board::Program& program) noexcept {
    tell(program, "write", "ok", writes_.count, writes_.slowest);
    tell(program, "read", "ok", reads_.count, reads_.slowest);
    tell(program, "renew", "ok", renewals_, Duration{});
    phase_ = Phase::done;
}

void Place::fail(board::Program& program, std::string_view what, const Error& error) noexcept {
    tell(program, what, name_of(error.code), 0, took(program));
    phase_ = Phase::failed;
}

Duration Place::took(board::Program& program) const noexcept {
    return program.node().now() - since_;
}

void Place::tell(board::Program& program, std::string_view what, std::string_view code,
                 uint64_t count, Duration slowest) noexcept {
    std::array<char, 200> buffer;
    TextWriter line{buffer};
    line.put("lease node=").put(node_).put(" step=").put(what).put(" code=").put(code);
    line.put(" count=").put(count).put(" ms=").put(slowest.ms);
    if (lease_.has_value()) {
        ref_ = lease_->lease_ref();
    }
    line.put(" ref=").put_hex(ref_.view());
    program.say(line.text());
}

} // namespace grafos::example
