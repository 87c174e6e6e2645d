// SPDX-License-Identifier: Apache-2.0
/// Mistakes planted on purpose, to see which property falls (properties.hpp) and how it looks.
///
/// The sound actors know nothing of them: whoever is mistaken is another class, and the mistaken
/// loop is another count, chosen where a run is put together.
#pragma once

#include "examples/kv_store/client.hpp"
#include "examples/kv_store/properties.hpp"
#include "examples/kv_store/server.hpp"

namespace grafos::kv_store {

enum class Break : uint8_t {
    none,
    overwrite,
    forget,
    invent,
    mumble,
    boast,
    wander,
    exclusive_range,
};

struct BreakWord {
    Break planted;
    std::string_view name;     ///< as it is asked for
    std::string_view text;     ///< what is done wrong
    std::string_view property; ///< what falls
};
inline constexpr std::array break_words{
    BreakWord{Break::overwrite, "overwrite", "the server lets a later put win",
              property::first_put_wins},
    BreakWord{Break::forget, "forget", "the server finds nothing once it holds two keys",
              property::value_stays},
    BreakWord{Break::invent, "invent", "the server has a value for keys that nobody put",
              property::absent_not_found},
    BreakWord{Break::mumble, "mumble", "the server refuses without saying which key",
              property::reasons_exact},
    BreakWord{Break::boast, "boast", "a client says OK whatever it was told", property::lines_true},
    BreakWord{Break::wander, "wander", "a client knows a sixth key", property::five_keys},
    BreakWord{Break::exclusive_range, "exclusive-range",
              "the loop over the clients stops one short", property::all_started},
};
/// Empty: no such break. Context: any.
[[nodiscard]] std::optional<Break> break_named(std::string_view name) noexcept;

class OverwritingServer final : public Server {
public:
    using Server::Server;

private:
    [[nodiscard]] Outcome store(std::string_view key, std::string_view value) noexcept override {
        static_cast<void>(all().remove(key));
        return all().put(key, value);
    }
};

class ForgettingServer final : public Server {
public:
    using Server::Server;

private:
    [[nodiscard]] std::optional<std::string_view> find(
        std::string_view key) const noexcept override {
        return all().count() > 1 ? std::nullopt : all().get(key);
    }
};

class InventingServer final : public Server {
public:
    using Server::Server;

private:
    [[nodiscard]] std::optional<std::string_view> find(
        std::string_view key) const noexcept override {
        return all().get(key).value_or("val_0");
    }
};

class MumblingServer final : public Server {
public:
    using Server::Server;

private:
    void put_reason(TextWriter& to, Outcome why, std::string_view) const noexcept override {
        to.put(why == Outcome::key_exists ? "key already exists" : "key not found");
    }
};

class BoastingClient final : public Client {
public:
    using Client::Client;

private:
    [[nodiscard]] bool is_done(const Said&) const noexcept override { return true; }
};

class WanderingClient final : public Client {
public:
    using Client::Client;

private:
    [[nodiscard]] std::string_view draw_key(Context& context) noexcept override {
        return context.random().chance(200) ? "f" : Client::draw_key(context);
    }
};

} // namespace grafos::kv_store
