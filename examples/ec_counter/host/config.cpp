// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/host/config.hpp"

#include <algorithm>

namespace grafos::ec_counter_host {
namespace {

using ec_counter::CutSetting;
using ec_counter::NodeName;
using ec_counter::SettingRow;
using ec_counter::Settings;
using emulation_host::SettingsFile;

std::string key_of(std::string_view name) {
    const bool is_fault = name == "loss_permille" || name == "duplicate_permille";
    return (is_fault ? "network." : "") + std::string{name};
}

std::string name_of(const NodeName& node) {
    return (node.is_client ? "client-" : "server-") + std::to_string(node.number);
}

std::span<const CutSetting> cuts_of(const Settings& settings) {
    return std::span{settings.cuts}.first(settings.cut_count);
}

std::vector<std::string> nodes_of(const Settings& settings) {
    std::vector<std::string> names;
    for (uint64_t i = 1; i <= settings.num_servers; ++i) {
        names.push_back("server-" + std::to_string(i));
    }
    for (uint64_t i = 1; i <= settings.num_clients; ++i) {
        names.push_back("client-" + std::to_string(i));
    }
    return names;
}

void read_numbers(SettingsFile& file, Settings& settings) {
    for (const SettingRow& row : ec_counter::setting_rows()) {
        uint64_t& value = settings.*row.member;
        value = file.number(key_of(row.name), {row.least, row.most}, value);
    }
    if (settings.value_most < settings.value_least) {
        file.refuse("value_most", "at least value_least, " + std::to_string(settings.value_least));
    }
}

void read_drops(SettingsFile& file, Settings& settings) {
    const std::vector<std::string> droppable{ec_counter::droppable.begin(),
                                             ec_counter::droppable.end()};
    for (const std::string& message :
         file.words("network.drop", droppable, {0, settings.drops.size()})) {
        (void)ec_counter::add_drop(settings, message); // one of those it takes
    }
}

void read_cut(SettingsFile& file, const std::string& key, const Settings& settings,
              CutSetting& cut) {
    constexpr uint64_t time_max = 3'600'000;
    for (const char* const name : {".nodes", ".from_ms", ".until_ms"}) {
        file.need(key + name);
    }
    cut.from_ms = file.number(key + ".from_ms", {0, time_max}, 0);
    cut.until_ms = file.number(key + ".until_ms", {0, time_max}, time_max);
    if (cut.until_ms <= cut.from_ms) {
        file.refuse(key + ".until_ms", "more than from_ms, " + std::to_string(cut.from_ms));
    }
    for (const std::string& name :
         file.words(key + ".nodes", nodes_of(settings), {1, cut.nodes.size()})) {
        cut.nodes[cut.count] = *ec_counter::node_named(name);
        cut.count += 1;
    }
}

std::string json_of(const CutSetting& cut) {
    std::string names;
    for (const NodeName& node : std::span{cut.nodes}.first(cut.count)) {
        names += (names.empty() ? "" : ",") + emulation_host::quoted(name_of(node));
    }
    return emulation_host::JsonObject{}
        .add("from_ms", cut.from_ms)
        .add("until_ms", cut.until_ms)
        .add_json("nodes", "[" + names + "]")
        .text();
}

} // namespace

std::variant<Settings, emulation_host::Problem> read_settings(const std::filesystem::path& path) {
    SettingsFile file{path};
    Settings settings;
    read_numbers(file, settings);
    read_drops(file, settings);
    settings.cut_count = file.tables("network.cut", settings.cuts.size());
    for (size_t i = 0; i < settings.cut_count; ++i) {
        read_cut(file, "network.cut[" + std::to_string(i + 1) + "]", settings, settings.cuts[i]);
    }
    if (auto problem = file.finish()) {
        return *problem;
    }
    return settings;
}

std::string json_of(const Settings& settings) {
    emulation_host::JsonObject object;
    for (const SettingRow& row : ec_counter::setting_rows()) {
        object.add(row.name, settings.*row.member);
    }
    std::string drops;
    for (const std::string_view name : std::span{settings.drops}.first(settings.drop_count)) {
        drops += (drops.empty() ? "" : ",") + emulation_host::quoted(name);
    }
    std::string cuts;
    for (const CutSetting& cut : cuts_of(settings)) {
        cuts += (cuts.empty() ? "" : ",") + json_of(cut);
    }
    return object.add_json("drop", "[" + drops + "]").add_json("cut", "[" + cuts + "]").text();
}

std::vector<emulation_host::PlannedFault> faults_of(const Settings& settings) {
    std::vector<emulation_host::PlannedFault> faults;
    for (const CutSetting& cut : cuts_of(settings)) {
        std::string text = "cut";
        for (const NodeName& node : std::span{cut.nodes}.first(cut.count)) {
            text += " " + name_of(node);
        }
        faults.push_back({Instant{cut.from_ms}, Instant{cut.until_ms}, text + " | all others"});
    }
    std::ranges::sort(faults, {}, &emulation_host::PlannedFault::from);
    return faults;
}

} // namespace grafos::ec_counter_host
