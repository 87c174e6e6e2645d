// SPDX-License-Identifier: Apache-2.0
/// What a person at the console does about an error: the text behind its code, field and numbers.
///
/// Of a word that was not understood the numbers cannot say enough (how long it was, which byte was
/// wrong), so what is accepted in its place is said in words.
#pragma once

#include <string_view>

#include "core/base/error.hpp"
#include "core/lease/durable/degraded.hpp"

namespace grafos::node {

/// For every error. Context: any.
[[nodiscard]] std::string_view next_step_of(const Error& error) noexcept;

/// What leads out of `degraded`. Context: any.
[[nodiscard]] std::string_view way_out_of(lease::DegradedReason reason) noexcept;

/// What a command takes as this word of it; empty if no word of a command is called so. Context:
/// any.
[[nodiscard]] std::string_view accepted_as(Field field) noexcept;

} // namespace grafos::node
