// SPDX-License-Identifier: Apache-2.0
#include "examples/ec_counter/fabric/fabric_words.hpp"

namespace grafos::ec_counter {
namespace {

constexpr std::string_view all_words =
    "server=N, clients=N, nodes=NAME+NAME, ttl_ms=N, net_ms=N, durable, or a setting of ec-counter";
constexpr uint64_t ttl_least = 500;
constexpr uint64_t ttl_most = 300'000;

/// Cuts what stands before `mark` off the front of `text`.
[[nodiscard]] std::string_view cut(std::string_view& text, char mark) noexcept {
    size_t size = 0;
    while (size < text.size() && text[size] != mark) {
        size += 1;
    }
    const std::string_view front{text.data(), size};
    text.remove_prefix(size < text.size() ? size + 1 : size);
    return front;
}

class Reader {
public:
    Reader(FabricWords& to, std::span<char> buffer) noexcept : to_{to}, buffer_{buffer} {}

    [[nodiscard]] std::optional<WordProblem> read(std::string_view text) noexcept {
        std::optional<WordProblem> problem;
        while (!text.empty() && !problem.has_value()) {
            problem = read_word(cut(text, ','));
        }
        return problem.has_value() ? problem : check();
    }

private:
    enum Seen : uint32_t { server, clients, nodes, ttl, net, durable, settings };
    using Problem = std::optional<WordProblem>;

    [[nodiscard]] bool is_first(uint32_t place) noexcept {
        const bool is_new = (seen_ >> place & 1u) == 0;
        seen_ |= 1u << place;
        return is_new;
    }
    [[nodiscard]] Problem read_word(std::string_view word) noexcept {
        std::string_view rest = word;
        const std::string_view name = cut(rest, '=');
        if (name == "server") {
            return number(word, server, rest, 1, fabric_servers_max, to_.server,
                          "server=1 to 8, once");
        }
        if (name == "clients") {
            to_.has_clients = true;
            return number(word, clients, rest, 0, fabric_clients_max, to_.settings.num_clients,
                          "clients=0 to 32, once");
        }
        if (name == "nodes") {
            return read_nodes(word, rest);
        }
        if (name == "ttl_ms") {
            return number(word, ttl, rest, ttl_least, ttl_most, to_.ttl.ms,
                          "ttl_ms=500 to 300000, once");
        }
        if (name == "net_ms") {
            return number(word, net, rest, 1, ttl_most, to_.net_patience.ms,
                          "net_ms=1 to 300000, once");
        }
        if (word == "durable" && is_first(durable)) {
            to_.is_durable = true;
            return std::nullopt;
        }
        return read_setting(word, name, rest);
    }
    [[nodiscard]] Problem number(std::string_view word, Seen place, std::string_view text,
                                 uint64_t least, uint64_t most, uint64_t& to,
                                 std::string_view accepted) noexcept {
        const Result<uint64_t> value = parse_decimal(text, most, Field::argument);
        if (!value.is_ok() || value.value() < least || !is_first(place)) {
            return WordProblem{word, accepted};
        }
        to = value.value();
        return std::nullopt;
    }
    [[nodiscard]] Problem read_nodes(std::string_view word, std::string_view text) noexcept {
        uint64_t count = 0;
        bool is_good = is_first(nodes);
        while (!text.empty() && is_good) {
            const std::string_view name = cut(text, '+');
            is_good = !name.empty() && count < fabric_servers_max;
            for (uint64_t i = 0; i < count && is_good; ++i) {
                is_good = to_.nodes[i] != name;
            }
            if (is_good) {
                to_.nodes[count] = name;
                count += 1;
            }
        }
        to_.settings.num_servers = count;
        return is_good && count > 0
                   ? std::nullopt
                   : Problem{WordProblem{word, "nodes=NAME+NAME…, 1 to 8, each once"}};
    }
    /// One of those that say how servers and clients are; the net here is a real one.
    [[nodiscard]] Problem read_setting(std::string_view word, std::string_view name,
                                       std::string_view text) noexcept {
        const SettingRow* const row = setting_row(name);
        const bool is_ours = name == "num_servers" || name == "num_clients" || name == "seed" ||
                             name == "latency_ms" || name == "jitter_ms" ||
                             name == "loss_permille" || name == "duplicate_permille";
        if (row == nullptr || is_ours) {
            return WordProblem{word, all_words};
        }
        const auto place = static_cast<uint32_t>(settings + (row - setting_rows().data()));
        TextWriter accepted{buffer_};
        accepted.put(name).put('=').put(row->least).put(" to ").put(row->most).put(", once");
        return number(word, static_cast<Seen>(place), text, row->least, row->most,
                      to_.settings.*row->member, accepted.text());
    }
    [[nodiscard]] Problem check() noexcept {
        if ((to_.server > 0) == to_.has_clients) {
            return WordProblem{to_.has_clients ? "clients" : "server",
                               "either server=N or clients=N"};
        }
        if ((seen_ >> nodes & 1u) == 0 || to_.server > to_.settings.num_servers) {
            return WordProblem{"nodes", "the machines of all servers, this one among them"};
        }
        const std::optional<SettingProblem> problem = ec_counter::check(to_.settings);
        if (problem.has_value()) {
            TextWriter accepted{buffer_};
            put_problem(accepted, *problem);
            return WordProblem{problem->setting, accepted.text()};
        }
        return std::nullopt;
    }

    FabricWords& to_;
    std::span<char> buffer_;
    uint32_t seen_ = 0;
};

} // namespace

std::optional<WordProblem> read_fabric_words(std::string_view text, FabricWords& to,
                                             std::span<char> buffer) noexcept {
    to = FabricWords{};
    return Reader{to, buffer}.read(text);
}

} // namespace grafos::ec_counter
