// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/host/nearest.hpp"

#include "tools/cli/distance.hpp"

namespace grafos::emulation_host {
namespace {

/// Of a longer list the beginning and the end.
constexpr size_t listed_max = 24;

} // namespace

std::string nearest(const std::vector<std::string>& accepted, const std::string& word) {
    std::string found;
    size_t least = word.size() / 3 + 2; // at most a third of the letters differ
    for (const std::string& each : accepted) {
        const size_t distance = cli::distance_of(each, word);
        if (distance < least) {
            least = distance;
            found = each;
        }
    }
    return found;
}

std::string one_of(const std::vector<std::string>& accepted, const std::string& word) {
    std::string list;
    for (size_t i = 0; i < accepted.size(); ++i) {
        const bool is_long = accepted.size() > listed_max && i + 1 == listed_max;
        list += (list.empty() ? "" : ", ") + (is_long ? "… " + accepted.back() : accepted[i]);
        if (is_long) {
            break;
        }
    }
    const std::string near = nearest(accepted, word);
    return (near.empty() ? "" : "nearest: " + near + "; ") + "one of " + list;
}

} // namespace grafos::emulation_host
