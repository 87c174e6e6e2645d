// SPDX-License-Identifier: Apache-2.0
// The operator's line: every command, every kind of bad input, and that bad input changes nothing.
#include "core/node/console.hpp"
#include "tests/support/memory_console.hpp"
#include "tests/support/node_rig.hpp"

namespace grafos::test {
namespace {

NodeRigArea area;
std::array<uint8_t, 256 * 1024> transcript_area;

[[nodiscard]] bool begins_with(std::string_view text, std::string_view start) {
    return text.size() >= start.size() && text.substr(0, start.size()) == start;
}

/// Ready and clean before the console is put on it.
class BootedRig : public NodeRig {
public:
    BootedRig() noexcept : NodeRig{area} { boot_clean(); }
};

class NodeConsole : public ::testing::Test {
protected:
    NodeConsole() {
        turn();
        port.clear();
    }

    void turn() {
        rig.turn();
        console.tick();
    }

    /// Types one line and turns until it is answered; the answer's last line.
    [[nodiscard]] std::string_view say(std::string_view line) {
        size_ = line.size() + 1;
        for (size_t i = 0; i < line.size(); ++i) {
            line_[i] = line[i];
        }
        line_[line.size()] = '\n';
        return say_raw({line_.data(), size_});
    }
    [[nodiscard]] std::string_view say_raw(std::string_view bytes) {
        port.clear();
        port.type(bytes);
        for (int turns = 0; turns < 4'000; ++turns) {
            turn();
            const std::string_view last = last_line();
            if (begins_with(last, "ok") || begins_with(last, "error")) {
                return last;
            }
        }
        ADD_FAILURE() << "no answer";
        return {};
    }
    [[nodiscard]] std::string_view last_line() const {
        std::string_view text = port.transcript();
        if (text.size() < 2 || text.substr(text.size() - 2) != "\r\n") {
            return {};
        }
        text.remove_suffix(2);
        const size_t at = text.rfind('\n');
        return at == std::string_view::npos ? text : text.substr(at + 1);
    }
    /// The value of `key=` in an answer.
    [[nodiscard]] static std::string_view value(std::string_view line, std::string_view key) {
        size_t at = 0;
        while (at < line.size()) {
            const size_t end =
                line.find(' ', at) == std::string_view::npos ? line.size() : line.find(' ', at);
            const std::string_view word = line.substr(at, end - at);
            if (word.size() > key.size() && begins_with(word, key) && word[key.size()] == '=') {
                return word.substr(key.size() + 1);
            }
            at = end + 1;
        }
        return {};
    }
    /// Joins words into one line; kept until the next call.
    [[nodiscard]] std::string_view line_of(std::string_view a, std::string_view b,
                                           std::string_view c = {}) {
        joined_.clear();
        joined_.put(a).put(' ').put(b);
        if (!c.empty()) {
            joined_.put(' ').put(c);
        }
        return joined_.text();
    }
    struct Copy {
        std::array<char, 64> bytes{};
        size_t size = 0;
        [[nodiscard]] std::string_view view() const { return {bytes.data(), size}; }
    };
    [[nodiscard]] static Copy copy(std::string_view text) {
        Copy copy;
        for (; copy.size < text.size() && copy.size < copy.bytes.size(); ++copy.size) {
            copy.bytes[copy.size] = text[copy.size];
        }
        return copy;
    }
    /// The id of a fresh lease.
    [[nodiscard]] Copy alloc(std::string_view kind = "memory", std::string_view ttl = "60000") {
        std::array<char, 96> buffer;
        TextWriter line{buffer};
        line.put("lease alloc ").put(kind).put(" 4096 ").put(ttl);
        const std::string_view answer = say(line.text());
        EXPECT_TRUE(begins_with(answer, "ok lease="));
        return copy(value(answer, "lease"));
    }

    BootedRig rig{};
    MemoryConsole port{transcript_area};
    node::Console console{rig.node(), port, {"rig", false}};

private:
    std::array<char, 2048> line_{};
    size_t size_ = 0;
    std::array<char, 2048> joined_buffer_{};
    TextWriter joined_{joined_buffer_};
};

TEST_F(NodeConsole, Says_where_the_node_stands) {
    const std::string_view answer = say("readiness");
    EXPECT_TRUE(value(answer, "state") == "ready");
    EXPECT_TRUE(value(answer, "reason") == "none");
    EXPECT_TRUE(value(answer, "boot") == "1");
    EXPECT_EQ(value(say("identity"), "node_id").size(), 64u);
    EXPECT_TRUE(value(say("inventory"), "resources") == "2");
    EXPECT_TRUE(begins_with(port.transcript(), "resource kind=memory id="));
}

TEST_F(NodeConsole, Help_names_every_command_and_its_words) {
    const std::string_view all = say("help");
    EXPECT_TRUE(value(all, "commands") == "28");
    EXPECT_TRUE(value(say("help lease"), "commands") == "7");
    EXPECT_TRUE(begins_with(port.transcript(), "help lease alloc memory|block BYTES TTL_MS"));
    EXPECT_TRUE(value(say("help nonsense"), "commands") == "0");
}

TEST_F(NodeConsole, Allocates_writes_reads_renews_queries_and_frees) {
    const Copy id = alloc();
    EXPECT_TRUE(say(line_of("write", id.view(), "100 c0ffee")) == "ok bytes=3");
    EXPECT_TRUE(value(say(line_of("read", id.view(), "99 5")), "data") == "00c0ffee00");
    const std::string_view renewed = say(line_of("lease renew", id.view(), "0"));
    EXPECT_TRUE(value(renewed, "generation") == "1");
    const std::string_view query = say(line_of("lease query", id.view()));
    EXPECT_TRUE(value(query, "phase") == "active");
    EXPECT_TRUE(value(query, "state") == "active");
    EXPECT_TRUE(value(query, "warned") == "no");
    EXPECT_TRUE(value(say("lease list"), "leases") == "1");
    EXPECT_EQ(port.transcript().find(id.view()), std::string_view::npos)
        << "a list shows the ref, never the id";
    EXPECT_TRUE(begins_with(say(line_of("lease free", id.view())), "ok ref="));
    EXPECT_TRUE(begins_with(say(line_of("read", id.view(), "0 1")), "error released"));
    EXPECT_TRUE(begins_with(say(line_of("lease free", id.view())), "error released"))
        << "the end code is stable";
}

TEST_F(NodeConsole, Reads_and_writes_whole_blocks_of_a_block_lease) {
    const Copy id = alloc("block");
    std::array<char, 1200> buffer;
    TextWriter line{buffer};
    line.put("write ").put(id.view()).put(" 512 ");
    for (int i = 0; i < 512; ++i) {
        line.put("ab");
    }
    EXPECT_TRUE(say(line.text()) == "ok bytes=512");
    EXPECT_TRUE(begins_with(value(say(line_of("read", id.view(), "512 512")), "data"), "abab"));
    EXPECT_TRUE(begins_with(value(say(line_of("read", id.view(), "0 512")), "data"), "0000"));
    EXPECT_TRUE(begins_with(say(line_of("read", id.view(), "1 512")), "error invalid_argument"));
}

TEST_F(NodeConsole, Revokes_at_once_and_with_grace) {
    const Copy id = alloc();
    const Copy ref = copy(value(say(line_of("lease query", id.view())), "ref"));
    const std::string_view graced = say(line_of("lease revoke", ref.view(), "grace=50"));
    EXPECT_TRUE(value(graced, "outcome") == "grace");
    EXPECT_TRUE(begins_with(say(line_of("read", id.view(), "0 1")), "ok data=00"))
        << "access goes on in grace";
    EXPECT_TRUE(value(say(line_of("lease query", id.view())), "warned") == "yes");
    EXPECT_TRUE(begins_with(say(line_of("lease renew", id.view(), "0")), "error revoked"));
    for (int ms = 0; ms < 60; ++ms) {
        turn();
    }
    EXPECT_TRUE(begins_with(say(line_of("read", id.view(), "0 1")), "error revoked"));

    const Copy other = alloc();
    const Copy other_ref = copy(value(say(line_of("lease query", other.view())), "ref"));
    const std::string_view cut =
        say(line_of("lease revoke", other_ref.view(), "reason=quota_pressure"));
    EXPECT_TRUE(value(cut, "outcome") == "torn_down");
    EXPECT_TRUE(begins_with(say(line_of("read", other.view(), "0 1")), "error revoked"));
}

TEST_F(NodeConsole, An_unswept_lease_answers_lease_expired_at_its_deadline) {
    const Copy id = alloc("memory", "100");
    rig.raw = saturating_add(rig.raw, Duration{200});
    EXPECT_TRUE(begins_with(say(line_of("read", id.view(), "0 1")), "error lease_expired"));
    EXPECT_TRUE(begins_with(say(line_of("read", id.view(), "0 1")), "error lease_expired"));
}

TEST_F(NodeConsole, Holds_a_lease_and_lets_it_go) {
    const Copy id = alloc("memory", "400");
    EXPECT_TRUE(begins_with(say(line_of("hold", id.view())), "ok ref="));
    for (int ms = 0; ms < 1'500; ++ms) {
        turn();
    }
    EXPECT_TRUE(begins_with(say(line_of("read", id.view(), "0 1")), "ok data=00"));
    EXPECT_TRUE(begins_with(say("holds"), "ok renewed="));
    EXPECT_TRUE(begins_with(port.transcript(), "hold ref="));
    EXPECT_TRUE(begins_with(say(line_of("unhold", id.view())), "ok ref="));
    EXPECT_TRUE(begins_with(say(line_of("unhold", id.view())), "error not_found"));
}

TEST_F(NodeConsole, Lists_clears_and_keeps_fences) {
    const Copy id = alloc("block");
    const lease::DiskLayout layout = rig.node().log().layout();
    rig.disk.fail_sectors(hal::BlockOperation::write, layout.data_first(), layout.data_sectors());
    EXPECT_TRUE(begins_with(say(line_of("lease free", id.view())), "ok ref="));
    for (int ms = 0; ms < 50; ++ms) {
        turn();
    }
    EXPECT_TRUE(value(say("fence list"), "fences") == "1");
    const Copy fence = copy(value(port.transcript(), "sequence"));
    const std::string_view again = say(line_of("fence clear", fence.view()));
    EXPECT_TRUE(begins_with(again, "error fenced at fence_sequence"));
    rig.disk.heal();
    EXPECT_TRUE(begins_with(say(line_of("fence clear", fence.view())), "error not_found"))
        << "its failure is a new fence";
    EXPECT_TRUE(value(say("fence list"), "fences") == "1");
    const Copy second = copy(value(port.transcript(), "sequence"));
    EXPECT_TRUE(begins_with(say(line_of("fence clear", second.view())), "ok record="));
    EXPECT_TRUE(value(say("fence list"), "fences") == "0");
}

TEST_F(NodeConsole, Exports_the_chain_and_its_signed_head) {
    (void)alloc();
    const Copy anchored = copy(value(say("audit head"), "anchored"));
    const std::string_view done = say("audit export");
    EXPECT_TRUE(value(done, "records") == anchored.view());
    EXPECT_TRUE(begins_with(port.transcript(), "{\"prev_event_hash\":\"0000"));
    EXPECT_NE(port.transcript().find("{\"checkpoint\":true"), std::string_view::npos);
    EXPECT_TRUE(value(say("audit export from=1"), "records") != anchored.view());
    EXPECT_TRUE(begins_with(say("audit export from=999999"), "error not_found at sequence"));
}

TEST_F(NodeConsole, Counts_shows_events_and_ends) {
    const std::string_view counters = say("counters");
    EXPECT_TRUE(begins_with(counters, "ok counters="));
    EXPECT_NE(counters.find(" turn_ms_max="), std::string_view::npos);
    EXPECT_TRUE(begins_with(say("events"), "ok events="));
    EXPECT_TRUE(say("echo off") == "ok");
    EXPECT_FALSE(console.wants_power_off());
    EXPECT_TRUE(say("off") == "ok");
    EXPECT_TRUE(console.wants_power_off());
}

TEST_F(NodeConsole, Bad_lines_are_refused_with_the_field_and_change_nothing) {
    (void)alloc();
    struct Case {
        std::string_view line;
        std::string_view answer;
    };
    constexpr Case cases[] = {
        {"frobnicate", "error not_found at command"},
        {"lease", "error not_found at command"},
        {"lease frob", "error not_found at command"},
        {"lease alloc", "error invalid_argument at argument: got 2, expected 5"},
        {"lease alloc memory 4096", "error invalid_argument at argument: got 4, expected 5"},
        {"lease alloc memory 4096 1000 9", "error invalid_argument at argument: got 6, expected 5"},
        {"lease alloc tape 4096 1000", "error invalid_argument at resource"},
        {"lease alloc memory -1 1000", "error invalid_argument at amount"},
        {"lease alloc memory 0 1000", "error invalid_argument at amount"},
        {"lease alloc memory 4096 0", "error invalid_argument at ttl: got 0, expected 100"},
        {"lease alloc memory 4096 99", "error invalid_argument at ttl: got 99, expected 100"},
        {"lease alloc memory 4096 300001", "error invalid_argument at ttl: got 300001"},
        {"lease alloc memory 18446744073709551616 1000", "error invalid_argument at amount"},
        {"lease alloc block 100 1000", "error invalid_argument at amount: got 100, expected 512"},
        {"lease alloc memory 999999999 1000", "error capacity_exceeded at amount"},
        {"lease alloc memory 4096 1000 tenant=4294967296", "error invalid_argument at tenant"},
        {"lease alloc memory 4096 1000 key=12", "error invalid_argument at alloc_key"},
        {"lease alloc memory 4096 1000 colour=red", "error invalid_argument at option"},
        {"lease alloc memory 4096 1000 key=", "error invalid_argument at option"},
        {"lease alloc tenant=1 memory 4096 1000", "error invalid_argument at option"},
        {"lease free xyz", "error invalid_argument at lease"},
        {"lease free 0123456789abcdef0123456789abcdeg", "error invalid_argument at lease"},
        {"lease free ffffffffffffffffffffffffffffffff", "error not_found at lease"},
        {"lease revoke 00000000000000000000000000000000", "error not_found at lease_ref"},
        {"lease revoke 00000000000000000000000000000000 reason=mood",
         "error invalid_argument at reason"},
        {"lease revoke 00000000000000000000000000000000 grace=60001",
         "error invalid_argument at grace"},
        {"read 00000000000000000000000000000000 0 513", "error invalid_argument at length"},
        {"read 00000000000000000000000000000000 0 x", "error invalid_argument at length"},
        {"write 00000000000000000000000000000000 0 abc", "error invalid_argument at hex"},
        {"fence clear 12", "error not_found at fence_sequence"},
        {"audit trim 0 00", "error invalid_argument at hash"},
        {"adopt 5", "error denied at operation"},
        {"echo maybe", "error invalid_argument at argument"},
        {"a b c d e f g h i", "error invalid_argument at argument: got 9, expected 8"},
        {"lease \x01list", "error not_found"},
        {"caf\xc3\xa9", "error invalid_argument at line: got 195"},
    };
    const uint64_t records = rig.node().log().appended_end().value;
    const uint64_t grants = rig.node().counters().value(observe::Counter::grants);
    const lease::ResourceInfo memory = rig.node().lessor().resources()[0]->info();
    uint64_t refused = 0;
    for (const Case& bad : cases) {
        const std::string_view answer = say(bad.line);
        if (bad.line == "lease \x01list") {
            EXPECT_TRUE(begins_with(answer, "ok leases=")) << "control bytes are dropped";
            continue;
        }
        refused += 1;
        EXPECT_TRUE(begins_with(answer, bad.answer))
            << "line: " << std::string_view{bad.line} << " answer: " << answer;
    }
    EXPECT_EQ(rig.node().counters().value(observe::Counter::console_refusals), refused);
    EXPECT_EQ(rig.node().counters().value(observe::Counter::grants), grants);
    EXPECT_EQ(rig.node().lessor().resources()[0]->info().free, memory.free);
    EXPECT_EQ(rig.node().lessor().resources()[0]->info().leased, memory.leased);
    // Refused requests may be recorded as such; nothing else is.
    EXPECT_LE(rig.node().log().appended_end().value, records + refused);
}

TEST_F(NodeConsole, Refusals_say_in_words_what_is_accepted) {
    struct Case {
        std::string_view line;
        std::string_view words; ///< behind the dash
    };
    constexpr Case cases[] = {
        {"frobnicate", "no such command; help lists all there are"},
        {"hold", "usage: hold ID"},
        {"lease free 12",
         "an ID is 32 hexadecimal digits, as lease alloc answered it; usage: lease free ID"},
        {"lease free ffffffffffffffffffffffffffffffff",
         "no lease has this ID, as lease alloc answers it; a ref of lease list is none"},
        {"lease alloc memory 4096 99",
         "a TTL is 100 to 300000 ms; usage: lease alloc memory|block BYTES TTL_MS [tenant=N] "
         "[key=HEX16]"},
        {"lease alloc tape 4096 1000",
         "accepted is memory or block; usage: lease alloc memory|block BYTES TTL_MS [tenant=N] "
         "[key=HEX16]"},
        {"read 00000000000000000000000000000000 0 513",
         "one command takes up to 512 bytes, of blocks whole ones; usage: read ID OFFSET LENGTH"},
        {"fence clear x",
         "SEQUENCE is a number, as fence list shows it; usage: fence clear SEQUENCE"},
        {"echo maybe", "usage: echo on|off"},
        {"caf\xc3\xa9", "a line is up to 1280 bytes of printable ASCII"},
    };
    for (const Case& bad : cases) {
        const std::string_view answer = say(bad.line);
        const bool is_it = answer.size() > bad.words.size() + 3 &&
                           answer.substr(answer.size() - bad.words.size()) == bad.words &&
                           answer.substr(answer.size() - bad.words.size() - 3, 3) == " - ";
        EXPECT_TRUE(is_it) << "line: " << bad.line << " answer: " << answer;
    }
}

TEST_F(NodeConsole, A_line_that_is_too_long_is_refused_whole_and_the_next_one_is_heard) {
    std::array<char, 1400> line;
    for (char& byte : line) {
        byte = 'a';
    }
    line[1398] = '\r';
    line[1399] = '\n';
    EXPECT_TRUE(begins_with(say_raw({line.data(), line.size()}),
                            "error invalid_argument at line: got 1281, expected 1280"));
    EXPECT_TRUE(begins_with(say("readiness"), "ok state=ready"));
}

TEST_F(NodeConsole, Backspace_takes_one_byte_back_and_empty_lines_are_nothing) {
    EXPECT_TRUE(begins_with(say_raw("\n\r\n  \nreadinesX\x08s\n"), "ok state=ready"));
}

TEST_F(NodeConsole, A_slow_line_loses_nothing) {
    port.set_write_most(7);
    (void)say("help");
    for (int turns = 0; turns < 2'000 && value(last_line(), "commands").empty(); ++turns) {
        turn();
    }
    EXPECT_TRUE(value(last_line(), "commands") == "28");
    size_t lines = 0;
    for (const char byte : port.transcript()) {
        lines += byte == '\n' ? 1u : 0u;
    }
    EXPECT_EQ(lines, 29u);
}

} // namespace
} // namespace grafos::test
