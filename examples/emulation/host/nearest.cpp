// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/host/nearest.hpp"

#include "tools/cli/distance.hpp"

namespace grafos::emulation_host {

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
    for (const std::string& each : accepted) {
        list += (list.empty() ? "" : ", ") + each;
    }
    const std::string near = nearest(accepted, word);
    return (near.empty() ? "" : "nearest: " + near + "; ") + "one of " + list;
}

} // namespace grafos::emulation_host
