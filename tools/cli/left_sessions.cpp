// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/left_sessions.hpp"

#include <array>
#include <map>
#include <sstream>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "tools/cli/output.hpp"

namespace grafos::cli {
namespace {

constexpr mode_t file_mode = 0600;
constexpr size_t file_bytes_max = 4096; ///< of more nodes than a list has

/// The file, held for this process while it is read and written; notes that make no sense are none.
class Notes {
public:
    explicit Notes(const std::filesystem::path& file) {
        descriptor_ = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, file_mode);
        if (descriptor_ < 0 || flock(descriptor_, LOCK_EX) != 0) {
            return;
        }
        std::array<char, file_bytes_max> buffer{};
        const ssize_t size = pread(descriptor_, buffer.data(), buffer.size(), 0);
        std::istringstream text{
            std::string(buffer.data(), size > 0 ? static_cast<size_t>(size) : 0)};
        for (std::string node, session; text >> node >> session;) {
            notes[node] = session;
        }
    }
    ~Notes() {
        if (descriptor_ >= 0) {
            (void)close(descriptor_);
        }
    }
    Notes(const Notes&) = delete;
    Notes& operator=(const Notes&) = delete;

    void write() {
        std::string text;
        for (const auto& [node, session] : notes) {
            text += node + " " + session + "\n";
        }
        if (descriptor_ < 0 || text.size() > file_bytes_max || ftruncate(descriptor_, 0) != 0) {
            return;
        }
        (void)!pwrite(descriptor_, text.data(), text.size(), 0);
    }

    std::map<std::string, std::string> notes;

private:
    int descriptor_ = -1;
};

} // namespace

wire::SessionNumber LeftSessions::take(const crypto::ExchangeKey& node) {
    Notes kept{file_};
    const auto found = kept.notes.find(hex_of(node.view()));
    if (found == kept.notes.end()) {
        return {};
    }
    std::array<uint8_t, 8> number{};
    const bool is_number = parse_hex(found->second, number, Field::session).is_ok();
    kept.notes.erase(found);
    kept.write();
    return is_number ? wire::SessionNumber{load_big_endian<uint64_t>(number.data())}
                     : wire::SessionNumber{};
}

void LeftSessions::put(const crypto::ExchangeKey& node, wire::SessionNumber session) {
    std::array<uint8_t, 8> number{};
    store_big_endian<uint64_t>(number.data(), session.value);
    Notes kept{file_};
    kept.notes[hex_of(node.view())] = hex_of(Bytes{number});
    kept.write();
}

} // namespace grafos::cli
