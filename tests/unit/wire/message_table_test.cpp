// SPDX-License-Identifier: Apache-2.0
#include "core/wire/message_table.hpp"

#include "core/wire/packet.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

struct Row {
    uint16_t number;
    std::string_view name;
    MessageClass message_class;
    bool is_mutating;
    TokenNeed token;
    uint16_t rights;
    uint8_t roles;
};

using enum MessageClass;
constexpr TokenNeed no = TokenNeed::none;
constexpr TokenNeed of_alloc = TokenNeed::alloc;
constexpr TokenNeed of_lease = TokenNeed::lease;

// Numbers, and what they take, are the protocol: they stand here a second time on purpose.
// Roles: 1 cap, 2 revoke, 4 fence_clear, 8 collect, 16 time, 32 observe, 64 call.
constexpr Row rows[] = {
    {0x0001, "ping", look, false, no, 0, 0},
    {0x0002, "get_identity", look, false, no, 0, 0},
    {0x0003, "get_inventory", look, false, no, 0, 0},
    {0x0004, "get_readiness", look, false, no, 0, 0},
    {0x0005, "time_sync", operate, true, no, 0, 16},
    {0x0006, "get_counters", look, false, no, 0, 32},
    {0x0100, "cap_request", alloc, false, no, 0, 1},
    {0x0101, "token_refresh", control, false, of_lease, 0, 0},
    {0x0200, "lease_alloc", alloc, true, of_alloc, 0, 0},
    {0x0201, "lease_renew", control, true, of_lease, 4, 0},
    {0x0202, "lease_free", control, true, no, 0, 0},
    {0x0203, "lease_query", look, false, no, 0, 0},
    {0x0204, "lease_list_active", look, false, no, 0, 32},
    {0x0205, "lease_checkpoint", control, true, no, 0, 0},
    {0x0206, "lease_attach", look, false, no, 0, 0},
    {0x020A, "lease_revoke", control, true, no, 0, 2},
    {0x0300, "mem_read", data, false, of_lease, 1, 0},
    {0x0301, "mem_write", data, true, of_lease, 2, 0},
    {0x0302, "mem_compare_exchange", data, true, of_lease, 3, 0},
    {0x0303, "mem_fetch_add", data, true, of_lease, 3, 0},
    {0x0304, "mem_lock", data, true, of_lease, 3, 0},
    {0x0305, "mem_commit", data, true, of_lease, 3, 0},
    {0x0310, "block_read", data, false, of_lease, 1, 0},
    {0x0311, "block_write", data, true, of_lease, 2, 0},
    {0x0312, "block_flush", data, false, of_lease, 2, 0},
    {0x0400, "fence_list", look, false, no, 0, 32},
    {0x0401, "fence_clear", operate, true, no, 0, 4},
    {0x0500, "audit_head", operate, false, no, 0, 8},
    {0x0501, "audit_read", operate, false, no, 0, 8},
    {0x0502, "audit_trim", operate, true, no, 0, 8},
    {0x0700, "program_call", call, true, no, 0, 64},
};

TEST(MessageTable, Every_number_keeps_its_name_and_its_terms) {
    const std::span<const MessageEntry> table = message_table();
    ASSERT_EQ(table.size(), std::size(rows));
    for (size_t i = 0; i < table.size(); ++i) {
        SCOPED_TRACE(i);
        const Row& row = rows[i];
        EXPECT_EQ(static_cast<uint16_t>(table[i].type), row.number);
        EXPECT_EQ(table[i].name, row.name);
        EXPECT_EQ(name_of(table[i].type), row.name);
        EXPECT_EQ(table[i].message_class, row.message_class);
        EXPECT_EQ(table[i].is_mutating, row.is_mutating);
        EXPECT_EQ(table[i].token, row.token);
        EXPECT_EQ(table[i].rights, row.rights);
        EXPECT_EQ(table[i].roles.bits, row.roles);
    }
}

TEST(MessageTable, Of_all_numbers_exactly_those_of_the_table_are_found) {
    size_t next = 0;
    for (uint32_t number = 0; number <= UINT16_MAX; ++number) {
        const MessageEntry* const found = find_message(static_cast<uint16_t>(number));
        if (next < std::size(rows) && rows[next].number == number) {
            ASSERT_TRUE(found != nullptr) << number;
            EXPECT_EQ(found->name, rows[next].name);
            next += 1;
        } else {
            EXPECT_TRUE(found == nullptr) << number;
        }
    }
    EXPECT_EQ(next, std::size(rows));
    EXPECT_ASSERTION(name_of(static_cast<MessageType>(7)));
}

TEST(MessageTable, Requests_fit_a_packet_and_kept_replies_fit_their_slot) {
    for (const MessageEntry& entry : message_table()) {
        EXPECT_LE(message_header_bytes + traceparent_bytes + entry.request->bytes_max,
                  packet_body_bytes_max)
            << entry.name;
        EXPECT_TRUE(!entry.is_mutating || entry.reply->bytes_max <= kept_reply_bytes_max)
            << entry.name;
        EXPECT_LE(entry.request->bytes_min, entry.request->bytes_max);
        EXPECT_LE(entry.reply->bytes_max + payload_tlv_bytes_max, payload_bytes_max);
    }
}

TEST(MessageTable, Classes_and_tokens_have_names) {
    EXPECT_EQ(name_of(look), "look");
    EXPECT_EQ(name_of(control), "control");
    EXPECT_EQ(name_of(data), "data");
    EXPECT_EQ(name_of(alloc), "alloc");
    EXPECT_EQ(name_of(operate), "operate");
    EXPECT_EQ(name_of(call), "call");
    EXPECT_EQ(name_of(no), "none");
    EXPECT_EQ(name_of(of_alloc), "alloc");
    EXPECT_EQ(name_of(of_lease), "lease");
    EXPECT_ASSERTION(name_of(static_cast<MessageClass>(6)));
    EXPECT_ASSERTION(name_of(static_cast<TokenNeed>(3)));
}

} // namespace
} // namespace grafos::wire
