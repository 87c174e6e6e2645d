// SPDX-License-Identifier: Apache-2.0
/// Properties that a run must keep, watched from outside while it goes.
///
/// A judge sees what every observer sees: letters and lines. From them it keeps a model of its own
/// of what must be true, and says which property fell the moment something else happens. It shares
/// no code with the actors that it judges, so that one mistake cannot hide another.
#pragma once

#include <array>

#include "core/base/text.hpp"
#include "examples/emulation/observer.hpp"

namespace grafos::emulation {

/// A property that fell.
struct Break {
    Instant at{};
    ActorNumber actor = ActorNumber::nobody; ///< who did it, or said it
    std::string_view property{};             ///< a sentence
    std::string_view text{};                 ///< what was seen; view, gone with the judge
};

/// Told of each break, in the turn of it.
class BreakListener {
public:
    virtual void on_break(const Break& broken) noexcept = 0;

protected:
    ~BreakListener() = default;
};

class Judge : public Observer {
public:
    static constexpr size_t text_bytes_max = 400;

    Judge() noexcept = default;
    Judge(const Judge&) = delete;
    Judge& operator=(const Judge&) = delete;

    /// Null: nobody. Context: before the first start.
    void set_listener(BreakListener* listener) noexcept { listener_ = listener; }
    /// The run is over: judges what only its end can tell. Once. Context: between turns.
    virtual void finish(Instant now) noexcept = 0;

    [[nodiscard]] bool is_kept() const noexcept { return count_ == 0; }
    [[nodiscard]] uint64_t break_count() const noexcept { return count_; }
    /// Asserts that there is one.
    [[nodiscard]] const Break& first() const noexcept {
        GRAFOS_ASSERT(count_ > 0);
        return first_;
    }

protected:
    ~Judge() = default;

    /// A break under way; noted at the end of the statement that makes it:
    /// `fall(now, actor, property::max).put("…").put(value);`
    class Fall {
    public:
        Fall(Judge& judge, const Break& broken) noexcept : judge_{judge}, broken_{broken} {}
        Fall(const Fall&) = delete;
        Fall& operator=(const Fall&) = delete;
        ~Fall() {
            broken_.text = text_.text();
            judge_.note(broken_);
        }
        template <typename Part>
        Fall& put(const Part& part) noexcept {
            text_.put(part);
            return *this;
        }

    private:
        Judge& judge_;
        Break broken_;
        std::array<char, text_bytes_max> buffer_;
        TextWriter text_{buffer_};
    };
    [[nodiscard]] Fall fall(Instant now, ActorNumber actor, std::string_view property) noexcept {
        return {*this, Break{.at = now, .actor = actor, .property = property}};
    }

private:
    void note(const Break& broken) noexcept;

    BreakListener* listener_ = nullptr;
    uint64_t count_ = 0;
    Break first_{};
    std::array<char, text_bytes_max> first_text_{};
};

} // namespace grafos::emulation
