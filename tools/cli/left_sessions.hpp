// SPDX-License-Identifier: Apache-2.0
/// Sessions that ended commands left behind at their nodes.
///
/// Each command opens a session of its own and has no word to end it with, but the next one may
/// name it as its old one, and then it ends. So a command notes its session when it ends, and the
/// next takes the note: one that is running is never named. Beside the key file, KEY.sessions, one
/// line a node: its exchange key and the session's number, which is no secret. Where no file can
/// be kept nothing is noted, and the node ends the session when it is idle.
#pragma once

#include <filesystem>
#include <optional>

#include "core/crypto/identity.hpp"
#include "core/wire/packet.hpp"

namespace grafos::cli {

class LeftSessions {
public:
    explicit LeftSessions(const std::filesystem::path& key) : file_{key.string() + ".sessions"} {}

    /// The note about `node`, which is then gone; zero: none.
    [[nodiscard]] wire::SessionNumber take(const crypto::ExchangeKey& node);
    /// In place of an older note about `node`.
    void put(const crypto::ExchangeKey& node, wire::SessionNumber session);

private:
    std::filesystem::path file_;
};

} // namespace grafos::cli
