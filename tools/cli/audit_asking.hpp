// SPDX-License-Identifier: Apache-2.0
/// What is asked of a node's chain: its head and its records; and the command that goes on asking.
#pragma once

#include "tools/cli/asking.hpp"
#include "tools/cli/collector.hpp"

namespace grafos::cli {

struct AuditHead {
    Sequence oldest{};
    lease::Anchor anchor{};
    lease::SignedHead head{};
};

/// The node's durable head, its signature checked. Failures: as asked; corrupt (signature).
[[nodiscard]] Result<AuditHead> ask_head(Asker& asker, size_t node);

/// Appends what the node answers from `from` on, below `end`. Failures: as asked; corrupt
/// (record_count).
[[nodiscard]] Result<> ask_records(Asker& asker, size_t node, Sequence from, Sequence end,
                                   std::vector<RecordBytes>& to);

/// `audit collect`, for the nodes the context names.
[[nodiscard]] Exit run_collect(const Context& context, const std::filesystem::path& folder,
                               bool is_following);

} // namespace grafos::cli
