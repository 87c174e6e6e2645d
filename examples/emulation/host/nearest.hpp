// SPDX-License-Identifier: Apache-2.0
/// What is accepted in the place of a word that is not, for people.
#pragma once

#include <string>
#include <vector>

namespace grafos::emulation_host {

/// The one of `accepted` that was probably meant; empty if none is near.
[[nodiscard]] std::string nearest(const std::vector<std::string>& accepted,
                                  const std::string& word);

/// `nearest: seed; one of num_clients, num_servers, seed`; with no near one only the list.
[[nodiscard]] std::string one_of(const std::vector<std::string>& accepted, const std::string& word);

} // namespace grafos::emulation_host
