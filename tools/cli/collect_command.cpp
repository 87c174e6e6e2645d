// SPDX-License-Identifier: Apache-2.0
// audit collect: a node's chain to a store, and its space back to the node.
#include <algorithm>
#include <csignal>
#include <list>

#include "tools/cli/audit_asking.hpp"

namespace grafos::cli {
namespace {

/// Records between two waits for the medium, and between two trims.
constexpr size_t batch_records = 512;
constexpr uint64_t trim_records = 4096;
constexpr Duration idle_pause{1'000};
/// While following, a node that is silent for this long is away.
constexpr uint64_t follow_patience_ms_max = 1'500;

volatile std::sig_atomic_t is_over = 0;

void on_end(int) {
    is_over = 1;
}

/// Failures after which a later attempt may well succeed: the node is away, boots or is full.
bool is_passing(const Error& error) {
    return error.code == ErrorCode::disconnected || error.code == ErrorCode::busy ||
           error.code == ErrorCode::not_ready || error.code == ErrorCode::degraded;
}

/// One node's chain on its way to the store.
class Collector {
public:
    Collector(Asker& asker, size_t node, std::string name, const Output& out)
        : asker_{asker}, node_{node}, name_{std::move(name)}, out_{out} {}

    [[nodiscard]] std::optional<std::string> open(const std::filesystem::path& folder) {
        head_file_ = folder / (name_ + ".head");
        return chain_.open(folder / (name_ + ".jsonl"));
    }

    /// Everything up to the node's head of this moment. Failures: as asked, as
    /// StoredChain::append, and a fork, of which `fork` tells.
    [[nodiscard]] Result<> pass() {
        GRAFOS_TRY_ASSIGN(const AuditHead head, ask_head(asker_, node_));
        GRAFOS_TRY(chain_.claim(head.head.node_id));
        GRAFOS_TRY(compare(head));
        while (chain_.anchor().next < head.anchor.next && is_over == 0) {
            GRAFOS_TRY(take_batch(head.anchor.next));
            if (untrimmed_ >= trim_records || chain_.anchor().next == head.anchor.next) {
                GRAFOS_TRY(finish_at(head));
            } else {
                say(std::nullopt);
            }
        }
        return chain_.has_untrimmed() && is_over == 0 ? finish_at(head) : Result<>{ok()};
    }

    [[nodiscard]] const std::optional<Fork>& fork() const { return fork_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] uint64_t collected() const { return collected_; }
    [[nodiscard]] const lease::Anchor& anchor() const { return chain_.anchor(); }
    bool is_away = false; ///< said already

    void refuse(const Error& error) {
        (void)cli::refuse(out_, asker_, node_, "audit collect of " + name_, error);
    }

private:
    /// The node must have what is stored, and behind it what is not.
    [[nodiscard]] Result<> compare(const AuditHead& head) {
        const lease::Anchor& own = chain_.anchor();
        if (head.anchor.next == own.next && head.anchor.hash != own.hash) {
            fork_ = Fork{{own.next.value - 1}, own.hash, head.anchor.hash};
            return Error{ErrorCode::corrupt, Field::hash, lease::short_form(head.anchor.hash),
                         lease::short_form(own.hash)};
        }
        if (head.anchor.next < own.next) { // it lost what it had shown as durable
            fork_ = Fork{head.head.sequence, chain_.hash_at(head.head.sequence), head.anchor.hash};
            return Error{ErrorCode::corrupt, Field::sequence, head.anchor.next.value,
                         own.next.value};
        }
        if (own.next < head.oldest) { // trimmed for another collector
            return Error{ErrorCode::not_found, Field::sequence, own.next.value, head.oldest.value};
        }
        return ok();
    }

    [[nodiscard]] Result<> take_batch(Sequence end) {
        from_ = chain_.anchor().next;
        std::vector<RecordBytes> records;
        while (records.size() < batch_records && from_.value + records.size() < end.value &&
               is_over == 0) {
            const Result<> asked =
                ask_records(asker_, node_, {from_.value + records.size()}, end, records);
            if (!asked.is_ok() && records.empty()) {
                return asked.error();
            }
            if (!asked.is_ok()) { // what came counts
                break;
            }
        }
        GRAFOS_TRY(chain_.append(records, fork_));
        untrimmed_ += records.size();
        collected_ += records.size();
        return ok();
    }

    /// Everything stored is on the medium: the node may free it.
    [[nodiscard]] Result<> finish_at(const AuditHead& head) {
        const lease::Anchor stored = chain_.anchor();
        if (stored == head.anchor) {
            GRAFOS_TRY_ASSIGN(const std::string line, line_of(head.head));
            if (replace_file(head_file_, line)) {
                return Error{ErrorCode::io, Field::device, 0, 0};
            }
        }
        if (!chain_.has_untrimmed()) {
            say(std::nullopt);
            return ok();
        }
        const Answer answer = asker_.ask<wire::AuditTrimReply>(
            node_, wire::MessageType::audit_trim,
            wire::AuditTrimRequest{{stored.next.value - 1}, stored.hash},
            [](const wire::AuditTrimReply&) { return Json(); });
        const Error* const error = std::get_if<Error>(&answer);
        // Not found: an earlier trim took effect whose answer got lost.
        if (error != nullptr && error->code != ErrorCode::not_found) {
            say(std::nullopt);
            return *error;
        }
        chain_.note_trimmed();
        untrimmed_ = 0;
        say(stored.next.value - 1);
        return ok();
    }

    void say(std::optional<uint64_t> trimmed) {
        const lease::Anchor& end = chain_.anchor();
        if (out_.is_json()) {
            out_.show({{"node", name_},
                       {"from", number_of(from_.value)},
                       {"next", number_of(end.next.value)},
                       {"hash", hex_of(end.hash.view())},
                       {"trimmed_to", trimmed ? number_of(*trimmed) : Json()}});
            (void)std::fflush(stdout);
        } else {
            out_.progress(name_ + ": " + std::to_string(end.next.value) + " records stored");
        }
    }

    Asker& asker_;
    size_t node_;
    std::string name_;
    Output out_;
    StoredChain chain_;
    std::filesystem::path head_file_;
    std::optional<Fork> fork_;
    Sequence from_{}; ///< of the last batch
    uint64_t untrimmed_ = 0;
    uint64_t collected_ = 0;
};

/// Whether following goes on. Both hashes of a fork are named: the evidence is theirs.
bool explain(Collector& collector, const Error& error, bool is_following) {
    if (is_following && is_passing(error)) {
        if (!collector.is_away) {
            collector.is_away = true;
            collector.refuse(error);
        }
        return true;
    }
    if (const auto& fork = collector.fork()) {
        (void)std::fprintf(stderr, "%s\n",
                           Json{{"fork",
                                 {{"node", collector.name()},
                                  {"sequence", number_of(fork->sequence.value)},
                                  {"stored", hex_of(fork->stored.view())},
                                  {"node_has", hex_of(fork->other.view())}}}}
                               .dump()
                               .c_str());
    }
    collector.refuse(error);
    return false;
}

Exit collect_all(std::list<Collector>& collectors, Asker& asker, bool is_following) {
    while (is_over == 0) { // one round over all nodes; once, unless it follows
        bool is_failed = false;
        for (Collector& collector : collectors) {
            const Result<> passed = collector.pass();
            if (passed.is_ok()) {
                collector.is_away = false;
            } else if (is_over == 0) {
                is_failed = !explain(collector, passed.error(), is_following) || is_failed;
            }
        }
        if (is_failed) {
            return Exit::refused;
        }
        if (!is_following) {
            break;
        }
        asker.idle_until(saturating_add(asker.station().now(), idle_pause), is_over);
    }
    return Exit::done;
}

} // namespace

Exit run_collect(const Context& context, const std::filesystem::path& folder, bool is_following) {
    const Output out = context.output();
    const std::optional<Party> party = gather(context, false);
    if (!party) {
        return Exit::bad_usage;
    }
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    std::list<Collector> collectors;
    for (const size_t node : party->chosen) {
        Collector& collector =
            collectors.emplace_back(*party->asker, node, party->name_of(node), out);
        if (const auto problem = collector.open(folder)) {
            return out.misuse(*problem);
        }
    }
    if (is_following) {
        const uint64_t patience = std::min(context.timeout_ms, follow_patience_ms_max);
        party->asker->set_patience(Duration{patience});
    }
    (void)std::signal(SIGINT, on_end);
    (void)std::signal(SIGTERM, on_end);
    const Exit exit = collect_all(collectors, *party->asker, is_following);
    const bool has_some = std::any_of(collectors.begin(), collectors.end(),
                                      [](const Collector& each) { return each.collected() > 0; });
    if (!out.is_json() && (exit == Exit::done || has_some)) {
        Json rows = Json::array();
        for (const Collector& collector : collectors) {
            rows.push_back({{"node", collector.name()},
                            {"collected", number_of(collector.collected())},
                            {"stored", number_of(collector.anchor().next.value)},
                            {"hash", hex_of(collector.anchor().hash.view())}});
        }
        out.show({{"nodes", rows}}, "nodes");
    }
    return exit;
}

} // namespace grafos::cli
