// SPDX-License-Identifier: Apache-2.0
/// The smallest program that uses all a node gives one: for tests of the seat, not of itself.
///
/// Words, one of: `lines=N` one a turn, then the end; `flood=N` all in one turn, then the end;
/// `fail` as it is started; `hold` a lease of its own node, until somebody ends that.
#include <new>

#include "boards/common/node_program.hpp"
#include "core/fabric/builder.hpp"

namespace grafos::board {
namespace {

class Tiny final : public NodeProgram {
public:
    [[nodiscard]] std::optional<ArgumentProblem> read_words(
        std::string_view words) noexcept override {
        for (const auto& [key, does] : keys) {
            if (words.starts_with(key)) {
                does_ = does;
                words.remove_prefix(key.size());
                const Result<uint64_t> count = parse_decimal(words, 100'000, Field::argument);
                left_ = count.is_ok() ? count.value() : 0;
                const bool is_count = does == Does::lines || does == Does::flood;
                if (is_count == count.is_ok() && (is_count || words.empty())) {
                    return std::nullopt;
                }
            }
        }
        return ArgumentProblem{"extra", words, "lines=N, flood=N, fail or hold"};
    }

    [[nodiscard]] Result<> start(const NodeProgramHost& host) noexcept override {
        host_.emplace(host);
        if (does_ == Does::fail) {
            return Error{ErrorCode::denied, Field::argument};
        }
        if (does_ == Does::hold) {
            GRAFOS_TRY_ASSIGN(auto acquiring, fabric::MemBuilder{host.fabric}
                                                  .min_bytes(4096)
                                                  .lease_secs(10)
                                                  .on(host.name)
                                                  .start_acquire());
            acquiring_.emplace(std::move(acquiring));
        }
        return ok();
    }

    void step(Instant now) noexcept override {
        next_ = Instant::never();
        if (does_ == Does::hold) {
            step_lease();
            return;
        }
        const uint64_t lines = does_ == Does::flood ? left_ : std::min<uint64_t>(left_, 1);
        for (uint64_t i = 0; i < lines; ++i) {
            say("line ", left_);
            left_ -= 1;
        }
        next_ = left_ > 0 ? saturating_add(now, Duration{5}) : Instant::never();
        is_over_ = left_ == 0;
    }

    [[nodiscard]] Instant next_deadline() const noexcept override { return next_; }
    [[nodiscard]] bool wants_end() const noexcept override { return is_over_; }
    [[nodiscard]] Result<> outcome() const noexcept override { return outcome_; }

private:
    enum class Does : uint8_t { lines, flood, fail, hold };
    static constexpr std::pair<std::string_view, Does> keys[] = {{"lines=", Does::lines},
                                                                 {"flood=", Does::flood},
                                                                 {"fail", Does::fail},
                                                                 {"hold", Does::hold}};

    void say(std::string_view text, uint64_t number) noexcept {
        std::array<char, 64> buffer;
        TextWriter line{buffer};
        host_->lines.print_line(line.put(text).put(number).text());
    }

    void step_lease() noexcept {
        if (acquiring_.has_value()) {
            Result<fabric::MemLease> lease = acquiring_->poll();
            if (!lease.is_ok() && lease.error().code == ErrorCode::busy) {
                return;
            }
            acquiring_.reset();
            if (!lease.is_ok()) {
                is_over_ = true;
                outcome_ = lease.error();
                return;
            }
            lease_.emplace(std::move(lease.value()));
            say("holds ", lease_->mem().arena_size());
        }
        const Result<> status = lease_->status();
        if (!status.is_ok()) {
            lease_.reset();
            is_over_ = true;
            outcome_ = status;
        }
        next_ = saturating_add(host_->fabric.now(), Duration{20});
    }

    std::optional<NodeProgramHost> host_{};
    Does does_ = Does::lines;
    uint64_t left_ = 0;
    Instant next_{};
    bool is_over_ = false;
    Result<> outcome_{ok()};
    std::optional<fabric::Acquiring<fabric::MemLease>> acquiring_{};
    std::optional<fabric::MemLease> lease_{};
};

alignas(Tiny) constinit std::array<uint8_t, sizeof(Tiny)> area{};

} // namespace

NodeProgram& make_tiny() noexcept {
    return *new (area.data()) Tiny{};
}

} // namespace grafos::board
