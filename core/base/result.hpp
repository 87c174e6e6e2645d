// SPDX-License-Identifier: Apache-2.0
/// `Result<T>`: a value, or the typed reason why there is none.
///
/// T is trivially copyable, or move-only and nothrow-movable. There is no default error, no
/// implicit bool, and `value()` on a failure asserts. Dropping a result is a compiler warning, and
/// so an error.
#pragma once

#include <new>
#include <type_traits>
#include <utility>

#include "core/base/assert.hpp"
#include "core/base/error.hpp"

namespace grafos {

template <typename T = void>
class [[nodiscard]] Result {
    static_assert(std::is_trivially_copyable_v<T> || std::is_nothrow_move_constructible_v<T>);

public:
    Result(T value) noexcept : ok_{true} { new (&storage_.value) T(std::move(value)); }
    Result(Error error) noexcept : ok_{false} { new (&storage_.error) Error(error); }

    Result(Result&& other) noexcept : ok_{other.ok_} {
        if (ok_) {
            new (&storage_.value) T(std::move(other.storage_.value));
        } else {
            new (&storage_.error) Error(other.storage_.error);
        }
    }
    Result(const Result&) = delete;
    Result& operator=(const Result&) = delete;
    Result& operator=(Result&&) = delete;
    ~Result() {
        if (ok_) {
            storage_.value.~T();
        }
    }

    [[nodiscard]] bool is_ok() const noexcept { return ok_; }

    [[nodiscard]] T& value() & noexcept {
        GRAFOS_ASSERT(ok_);
        return storage_.value;
    }
    [[nodiscard]] const T& value() const& noexcept {
        GRAFOS_ASSERT(ok_);
        return storage_.value;
    }
    [[nodiscard]] T&& value() && noexcept {
        GRAFOS_ASSERT(ok_);
        return std::move(storage_.value);
    }

    [[nodiscard]] Error error() const noexcept {
        GRAFOS_ASSERT(!ok_);
        return storage_.error;
    }

private:
    union Storage {
        Storage() noexcept {}
        ~Storage() {}
        T value;
        Error error;
    } storage_;
    bool ok_;
};

/// Success without a value: `return ok();`
struct Ok {};
[[nodiscard]] constexpr Ok ok() noexcept {
    return {};
}

template <>
class [[nodiscard]] Result<void> {
public:
    constexpr Result(Ok) noexcept : error_{}, ok_{true} {}
    constexpr Result(Error error) noexcept : error_{error}, ok_{false} {}

    [[nodiscard]] constexpr bool is_ok() const noexcept { return ok_; }
    [[nodiscard]] constexpr Error error() const noexcept {
        GRAFOS_ASSERT(!ok_);
        return error_;
    }

private:
    Error error_;
    bool ok_;
};

} // namespace grafos

#define GRAFOS_CONCAT_(a, b) a##b
#define GRAFOS_CONCAT(a, b) GRAFOS_CONCAT_(a, b)

/// Returns the error of `expression` to the caller; goes on if it succeeded.
#define GRAFOS_TRY(expression)                                                                     \
    do {                                                                                           \
        auto grafos_try_result = (expression);                                                     \
        if (!grafos_try_result.is_ok()) {                                                          \
            return grafos_try_result.error();                                                      \
        }                                                                                          \
    } while (false)

/// Declares `target` with the value of `expression`, or returns its error.
#define GRAFOS_TRY_ASSIGN(target, expression)                                                      \
    GRAFOS_TRY_ASSIGN_(GRAFOS_CONCAT(grafos_try_result_, __LINE__), target, expression)
#define GRAFOS_TRY_ASSIGN_(result, target, expression)                                             \
    auto result = (expression);                                                                    \
    if (!result.is_ok()) {                                                                         \
        return result.error();                                                                     \
    }                                                                                              \
    target = std::move(result).value()
