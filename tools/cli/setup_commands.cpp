// SPDX-License-Identifier: Apache-2.0
// keygen and config: everything that is done before there is a fabric to talk to.
#include <fstream>

#include "boards/linux/system_entropy.hpp"
#include "core/crypto/drbg.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/key_file.hpp"

namespace grafos::cli {
namespace {

constexpr const char* fabric_template =
    R"(# fabric.toml: `grafos config check` says its first problem.
# Paths are relative to this file. An unknown key is refused.

[me]                       # the command line, or any program that asks
name = "operator"
key = "operator.key"       # made by: grafos keygen --out operator.key
tenant = 0                 # for whom leases are, where a command names nobody

# One for each node that can be asked. `grafosd --identity` prints this entry; other nodes answer
# their keys to `identity` at their console.
# [[node]]
# name = "alpha"
# address = "127.0.0.1:7001"
# exchange_key = "<64 hex digits>"
# node_id = "<64 hex digits>"          # may be left out; else the node must have it too

# Only grafosd reads what follows: this machine as a node, and who may speak to it.
# [daemon]
# name = "alpha"
# listen = "127.0.0.1:7001"
# disk = "alpha.disk"                  # made if it is not there
# disk_bytes = 16777216                # of a disk that is made
# memory_bytes = 134217728             # to be leased

# [[principal]]
# name = "operator"
# exchange_key = "<64 hex digits>"     # as `grafos keygen` showed it
# roles = ["cap", "revoke", "fence_clear", "collect", "time", "observe", "call"]   # left out: none
# tenant = "any"                       # or a number: only for that one; left out: any
# quota_bytes = 0                      # leased at once; 0: no quota of its own
# quota_leases = 0
# ttl_max_ms = 300000                  # the longest life between two renewals
)";

Exit show_public(const Output& out, const std::filesystem::path& file,
                 crypto::IdentitySecrets& secrets) {
    crypto::Identity identity;
    identity.start(secrets);
    crypto::erase_secrets(secrets);
    out.show({{"file", file.string()},
              {"exchange_key", hex_of(identity.exchange_key().view())},
              {"signing_key", hex_of(identity.node_id().view())}});
    return Exit::done;
}

Exit keygen(const Context& context, const std::filesystem::path& file, bool is_existing) {
    const Output out = context.output();
    crypto::IdentitySecrets secrets{};
    if (is_existing) {
        const auto problem = read_key_file(file, secrets);
        return problem ? out.misuse(*problem) : show_public(out, file, secrets);
    }
    board::SystemEntropy entropy;
    crypto::Drbg drbg;
    const Result<> seeded = drbg.start(entropy);
    if (!seeded.is_ok()) {
        return out.refuse("keygen", seeded.error());
    }
    secrets = crypto::draw_identity_secrets(drbg);
    const auto problem = write_key_file(file, secrets);
    return problem ? out.misuse(*problem) : show_public(out, file, secrets);
}

Json entry_of(const wire::Principal& entry) {
    return {{"name", std::string{entry.name_view()}},
            {"address", entry.address.port == 0 ? Json() : Json(text_of(entry.address))},
            {"exchange_key", hex_of(entry.exchange_key.view())}};
}

Exit config_check(const Context& context) {
    const auto config = context.config();
    if (!config) {
        return Exit::bad_usage;
    }
    const Output out = context.output();
    if (config->me) {
        crypto::IdentitySecrets secrets{};
        const auto problem = read_key_file(config->me->key, secrets);
        crypto::erase_secrets(secrets);
        if (problem) {
            return out.misuse(*problem);
        }
    }
    Json entries = Json::array();
    for (const wire::Principal& node : config->nodes) {
        entries.push_back(entry_of(node));
    }
    for (const wire::Principal& principal : config->principals) {
        entries.push_back(entry_of(principal));
    }
    out.show({{"file", config->file.string()},
              {"me", config->me ? Json(config->me->name) : Json()},
              {"daemon", config->daemon ? Json(config->daemon->name) : Json()},
              {"nodes", config->nodes.size()},
              {"principals", config->principals.size()},
              {"entries", entries}},
             "entries");
    return Exit::done;
}

Exit config_init(const Context& context) {
    const Output out = context.output();
    if (std::filesystem::exists(context.config_file)) {
        return out.misuse(context.config_file.string() + " exists already");
    }
    std::ofstream file{context.config_file};
    file << fabric_template;
    file.close();
    if (!file) {
        return out.misuse(context.config_file.string() + " cannot be written");
    }
    out.show(
        {{"file", context.config_file.string()}, {"next", "grafos keygen --out operator.key"}});
    return Exit::done;
}

} // namespace

void add_keygen(CLI::App& app, Context& context, Action& chosen) {
    CLI::App* const keygen_command =
        app.add_subcommand("keygen", "make a key file (mode 0600) and show its public keys");
    const auto file = std::make_shared<std::filesystem::path>();
    const auto is_existing = std::make_shared<bool>(false);
    keygen_command->add_option("--out", *file, "the key file; never replaced")->required();
    keygen_command->add_flag("--show", *is_existing, "only show the public keys of --out");
    keygen_command->callback([&context, &chosen, file, is_existing] {
        chosen = [&context, file, is_existing] { return keygen(context, *file, *is_existing); };
    });
}

void add_config(CLI::App& app, Context& context, Action& chosen) {
    CLI::App* const config = app.add_subcommand("config", "the fabric's file");
    config->require_subcommand(1);
    config->add_subcommand("check", "read --config and the key it names; say the first problem")
        ->callback([&] { chosen = [&context] { return config_check(context); }; });
    config->add_subcommand("init", "write a --config to start from")->callback([&] {
        chosen = [&context] { return config_init(context); };
    });
}

} // namespace grafos::cli
