// SPDX-License-Identifier: Apache-2.0
// audit export and verify: a node's chain outside of the node.
#include <fstream>

#include "core/crypto/sha256.hpp"
#include "tools/cli/audit_asking.hpp"

namespace grafos::cli {
Result<AuditHead> ask_head(Asker& asker, size_t node) {
    AuditHead out;
    const Answer answer = asker.ask<wire::AuditHeadReply>(
        node, wire::MessageType::audit_head, wire::AuditHeadRequest{},
        [&out](const wire::AuditHeadReply& reply) {
            out.oldest = reply.oldest;
            out.anchor = {reply.next, reply.hash};
            out.head = {{}, {reply.next.value - 1}, reply.hash, reply.signature};
            return Json();
        });
    if (const Error* const error = std::get_if<Error>(&answer)) {
        return *error;
    }
    if (out.anchor.next.value > 0) {
        const NodeId& named = asker.nodes()[node].node_id;
        out.head.node_id = named != NodeId{} ? named : asker.node_id(node);
        GRAFOS_TRY(lease::verify_signature(out.head));
    }
    return out;
}

Result<> ask_records(Asker& asker, size_t node, Sequence from, Sequence end,
                     std::vector<RecordBytes>& to) {
    const uint64_t left = end.value - from.value;
    const auto most = static_cast<uint16_t>(std::min<uint64_t>(left, wire::audit_records_max));
    const size_t had = to.size();
    const Answer answer = asker.ask<wire::AuditReadReply>(
        node, wire::MessageType::audit_read, wire::AuditReadRequest{from, most},
        [&to](const wire::AuditReadReply& reply) {
            for (const wire::AuditRecordEntry& entry : reply.records) {
                to.emplace_back(entry.canonical.begin(), entry.canonical.end());
            }
            return Json();
        });
    if (const Error* const error = std::get_if<Error>(&answer)) {
        return *error;
    }
    if (to.size() == had || to.size() - had > most) {
        return Error{ErrorCode::corrupt, Field::record_count, to.size() - had, most};
    }
    return ok();
}

namespace {

// --- export ---

Result<Json> export_chain(Asker& asker, size_t node, std::optional<uint64_t> from,
                          std::string& lines) {
    GRAFOS_TRY_ASSIGN(const AuditHead head, ask_head(asker, node));
    const Sequence first{from.value_or(head.oldest.value)};
    if (first < head.oldest || !(first < head.anchor.next)) {
        return Error{ErrorCode::not_found, Field::sequence, first.value, head.oldest.value};
    }
    Digest last{};
    for (Sequence next = first; next < head.anchor.next;) {
        std::vector<RecordBytes> records;
        GRAFOS_TRY(ask_records(asker, node, next, head.anchor.next, records));
        for (const RecordBytes& record : records) {
            last = crypto::sha256(Bytes{record});
            GRAFOS_TRY_ASSIGN(const std::string line, line_of(Bytes{record}, last));
            lines += line;
        }
        next.value += records.size();
    }
    if (last != head.anchor.hash) {
        return Error{ErrorCode::corrupt, Field::hash, lease::short_form(last),
                     lease::short_form(head.anchor.hash)};
    }
    GRAFOS_TRY_ASSIGN(const std::string line, line_of(head.head));
    lines += line;
    return Json{{"from", number_of(first.value)},
                {"to", number_of(head.anchor.next.value - 1)},
                {"records", number_of(head.anchor.next.value - first.value)},
                {"hash", hex_of(last.view())}};
}

Exit run_export(const Context& context, const std::filesystem::path& file,
                std::optional<uint64_t> from) {
    const std::optional<Party> party = gather(context, true);
    if (!party) {
        return Exit::bad_usage;
    }
    const Output out = context.output();
    const size_t node = party->chosen.front();
    std::string lines;
    const Result<Json> done = export_chain(*party->asker, node, from, lines);
    if (!done.is_ok()) {
        return refuse(out, *party->asker, node, "audit export", done.error());
    }
    if (const auto problem = replace_file(file, lines)) {
        return out.misuse(*problem);
    }
    Json shown{{"node", party->name_of(node)}};
    shown.update(done.value());
    shown["file"] = file.string();
    out.show(shown);
    return Exit::done;
}

// --- verify ---

/// Follows a file, as the core does; the second verifier is tools/audit-verify.
class FileVerifier {
public:
    explicit FileVerifier(const std::optional<NodeId>& node_id) : node_id_{node_id} {}

    [[nodiscard]] Result<> take(const std::string& text) {
        std::array<uint8_t, limits::record_bytes_max> canonical{};
        GRAFOS_TRY_ASSIGN(const lease::JsonLine line, lease::decode_json_line(text, canonical));
        if (is_signed_) {
            return Error{ErrorCode::corrupt, Field::line, lines_ + 1, lines_};
        }
        lines_ += 1;
        if (line.kind == lease::JsonLine::Kind::head) {
            is_signed_ = true;
            return verifier_ ? verifier_->check_head(line.head) : nothing();
        }
        if (!verifier_) {
            GRAFOS_TRY(begin(line.canonical));
        }
        GRAFOS_TRY_ASSIGN(const lease::RecordView view,
                          verifier_->ingest(line.canonical, line.current_event_hash));
        static_cast<void>(view);
        return ok();
    }

    /// Unsigned, a file may have lost its end.
    [[nodiscard]] Result<Json> finish(bool must_be_signed) {
        if (!verifier_) {
            return nothing().error();
        }
        if (must_be_signed && !is_signed_) {
            return Error{ErrorCode::corrupt, Field::signature, 0, 1};
        }
        GRAFOS_TRY_ASSIGN(const lease::VerifierState state, verifier_->commit());
        return Json{{"first", number_of(first_.value)},
                    {"last", number_of(state.anchor.next.value - 1)},
                    {"records", number_of(state.anchor.next.value - first_.value)},
                    {"node_id", hex_of(state.node_id.view())},
                    {"boot", number_of(state.boot.value)},
                    {"hash", hex_of(state.anchor.hash.view())},
                    {"is_from_genesis", first_.value == 0},
                    {"is_signed", is_signed_}};
    }
    [[nodiscard]] uint64_t lines() const { return lines_; }

private:
    static Result<> nothing() { return Error{ErrorCode::not_found, Field::sequence, 0, 1}; }

    /// A first record that is not genesis is believed about what came before it.
    [[nodiscard]] Result<> begin(Bytes canonical) {
        GRAFOS_TRY_ASSIGN(const lease::RecordView view, lease::decode_record(canonical));
        first_ = view.place.sequence;
        const bool is_genesis = first_.value == 0;
        verifier_.emplace(
            lease::VerifierState{{first_, is_genesis ? Digest{} : view.place.previous_hash},
                                 node_id_.value_or(view.place.node_id),
                                 is_genesis ? BootNumber{} : view.place.boot});
        return ok();
    }

    std::optional<NodeId> node_id_;
    std::optional<lease::ChainVerifier> verifier_;
    Sequence first_{};
    uint64_t lines_ = 0;
    bool is_signed_ = false;
};

Exit run_verify(const Context& context, const std::filesystem::path& name,
                const std::string& node_id, bool must_be_signed) {
    const Output out = context.output();
    std::ifstream file{name};
    if (!file) {
        return out.misuse(name.string() + ": cannot be read");
    }
    FileVerifier verifier{node_id.empty() ? std::nullopt : std::optional{id_of<NodeId>(node_id)}};
    for (std::string line; std::getline(file, line);) {
        const Result<> taken = verifier.take(line);
        if (!taken.is_ok()) {
            const std::string at = std::to_string(std::max<uint64_t>(verifier.lines(), 1));
            return out.refuse("audit verify of " + name.string() + ":" + at, taken.error());
        }
    }
    const Result<Json> done = verifier.finish(must_be_signed);
    if (!done.is_ok()) {
        return out.refuse("audit verify of " + name.string(), done.error());
    }
    out.show(done.value());
    return Exit::done;
}

struct Options {
    std::filesystem::path file;
    std::string node_id;
    std::optional<uint64_t> from;
    bool is_following = false;
    bool is_unsigned = false;
};

} // namespace

void add_audit(CLI::App& app, Context& context, Action& chosen) {
    CLI::App* const audit = group_of(app, "audit", "the chain of a node");
    const auto options = std::make_shared<Options>();
    CLI::App* const out =
        audit->add_subcommand("export", "all records to a file, signed at its end");
    out->add_option("--out", options->file, "the file; replaced as a whole")->required();
    out->add_option("--from", options->from, "first record (default: the oldest the node keeps)");
    out->callback([&context, &chosen, options] {
        chosen = [&context, options] { return run_export(context, options->file, options->from); };
    });
    CLI::App* const verify = audit->add_subcommand("verify", "check an export or a store");
    verify->add_option("FILE", options->file, "records, one a line")->required();
    verify->add_option("--node-id", options->node_id, "whose chain it must be")
        ->check(hex_digits(64));
    verify->add_flag("--unsigned", options->is_unsigned,
                     "do not insist on the signed head at the end; a store's is in NAME.head");
    verify->callback([&context, &chosen, options] {
        chosen = [&context, options] {
            return run_verify(context, options->file, options->node_id, !options->is_unsigned);
        };
    });
    CLI::App* const collect =
        audit->add_subcommand("collect", "store records, then trim the nodes");
    collect->add_option("--out", options->file, "folder; NAME.jsonl for each node")->required();
    collect->add_flag("--follow", options->is_following, "go on until SIGINT or SIGTERM");
    collect->callback([&context, &chosen, options] {
        chosen = [&context, options] {
            return run_collect(context, options->file, options->is_following);
        };
    });
}

} // namespace grafos::cli
