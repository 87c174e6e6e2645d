// SPDX-License-Identifier: Apache-2.0
/// Each handler is one row of the table in the header: look at the store, print the step, answer.
#include "examples/kv_store/server.hpp"

#include "examples/kv_store/rules.hpp"

namespace grafos::kv_store {

void Server::on(Context& context, const Put& put, const Asked& asked) noexcept {
    const std::string_view key = text_of(put.key);
    const std::string_view value = text_of(put.value);
    // Looking and storing is one step: nobody else is served in between.
    const Outcome outcome = store(key, value);
    switch (outcome) {
    case Outcome::ok:
        context.line(rules::put_stored)
            .put("PUT \"")
            .put(key)
            .put("\" = \"")
            .put(value)
            .put("\" -> OK");
        context.show("keys", store_.count());
        context.reply(asked, Said{.text = bytes_of(done_text)});
        return;
    case Outcome::key_exists:
        context.line(rules::put_refused).put("PUT \"").put(key).put("\" -> REJECTED (key exists)");
        break;
    case Outcome::store_full:
        context.line(rules::put_full).put("PUT \"").put(key).put("\" -> REJECTED (store full)");
        break;
    case Outcome::key_not_found: GRAFOS_UNREACHABLE(); // no answer to a put
    }
    refuse(context, asked, outcome, key);
}

void Server::on(Context& context, const Get& get, const Asked& asked) noexcept {
    const std::string_view key = text_of(get.key);
    const std::optional<std::string_view> value = find(key);
    if (!value.has_value()) {
        context.line(rules::get_not_found).put("GET \"").put(key).put("\" -> NOT FOUND");
        refuse(context, asked, Outcome::key_not_found, key);
        return;
    }
    context.line(rules::get_found).put("GET \"").put(key).put("\" -> \"").put(*value).put('"');
    context.reply(asked, Said{.text = bytes_of(*value)});
}

void Server::on(Context& context, const Delete& wanted, const Asked& asked) noexcept {
    const std::string_view key = text_of(wanted.key);
    if (store_.remove(key) == Outcome::key_not_found) {
        context.line(rules::delete_not_found).put("DELETE \"").put(key).put("\" -> NOT FOUND");
        refuse(context, asked, Outcome::key_not_found, key);
        return;
    }
    context.line(rules::deleted).put("DELETE \"").put(key).put("\" -> OK");
    context.show("keys", store_.count());
    context.reply(asked, Said{.text = bytes_of(done_text)});
}

/// The reason goes along as text, since it is the server that knows it.
void Server::refuse(Context& context, const Asked& asked, Outcome why,
                    std::string_view key) noexcept {
    std::array<char, said_bytes_max> buffer;
    TextWriter reason{buffer};
    put_reason(reason, why, key);
    GRAFOS_ASSERT(!reason.is_cut());
    context.reply(asked, Said{.text = bytes_of(reason.text()), .outcome = why});
}

Outcome Server::store(std::string_view key, std::string_view value) noexcept {
    return store_.put(key, value);
}

std::optional<std::string_view> Server::find(std::string_view key) const noexcept {
    return store_.get(key);
}

void Server::put_reason(TextWriter& to, Outcome why, std::string_view key) const noexcept {
    switch (why) {
    case Outcome::ok: GRAFOS_UNREACHABLE(); // no refusal
    case Outcome::key_exists: to.put("key already exists: ").put(key); return;
    case Outcome::key_not_found: to.put("key not found: ").put(key); return;
    case Outcome::store_full:
        to.put("store is full: ").put(uint64_t{store_.capacity()}).put(" keys");
        return;
    }
}

} // namespace grafos::kv_store
