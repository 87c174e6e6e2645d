// SPDX-License-Identifier: Apache-2.0
/// Who a node is, before anybody can ask it over the network.
///
/// Its keys are made by the node at its first boot and lie on its disk. So it is booted, without an
/// address and without peers, asked at its console, and ended. That boot stands in its chain.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace grafos::cli {

struct NodeKeys {
    std::string exchange_key; ///< hexadecimal, as all keys
    std::string node_id;      ///< its signing key
};

/// `words`: the program and what it is given. The keys, or what is wrong; the node itself says on
/// stderr why it does not start. Bounded: 30 s for a boot.
[[nodiscard]] std::variant<NodeKeys, std::string> ask_identity(std::vector<std::string> words);

} // namespace grafos::cli
