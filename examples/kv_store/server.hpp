// SPDX-License-Identifier: Apache-2.0
/// The server: owns the store, and is the only one who knows what is in it.
///
/// | asked  | key is there                    | key is absent                 |
/// |--------|---------------------------------|-------------------------------|
/// | Put    | `key already exists: <key>`     | stored; or full: refused      |
/// | Get    | its value                       | `key not found: <key>`        |
/// | Delete | taken away                      | `key not found: <key>`        |
///
/// It handles one request at a time, in the order of arrival, so that two Puts of one key can not
/// both find it absent. It never stops by itself.
#pragma once

#include "examples/emulation/actor.hpp"
#include "examples/kv_store/store.hpp"

namespace grafos::kv_store {

class Server : public emulation::Actor<Server, ServerProtocol> {
public:
    using Asked = emulation::Asked<Said>;
    using Context = emulation::Context<Server>;

    explicit Server(Store& store) noexcept : store_{store} {}

    void on(Context& context, const Put& put, const Asked& asked) noexcept;
    void on(Context& context, const Get& get, const Asked& asked) noexcept;
    void on(Context& context, const Delete& wanted, const Asked& asked) noexcept;

protected:
    // What breaks.hpp does wrong.
    [[nodiscard]] virtual Outcome store(std::string_view key, std::string_view value) noexcept;
    [[nodiscard]] virtual std::optional<std::string_view> find(std::string_view key) const noexcept;
    virtual void put_reason(TextWriter& to, Outcome why, std::string_view key) const noexcept;

    [[nodiscard]] Store& all() noexcept { return store_; }
    [[nodiscard]] const Store& all() const noexcept { return store_; }
    ~Server() = default;

private:
    void refuse(Context& context, const Asked& asked, Outcome why, std::string_view key) noexcept;

    Store& store_;
};

/// The one that does as said above; the others are in breaks.hpp.
class SoundServer final : public Server {
public:
    using Server::Server;
};

} // namespace grafos::kv_store
