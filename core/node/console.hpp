// SPDX-License-Identifier: Apache-2.0
/// The operator's line: one command at a time, bounded, with typed errors that say what to do next.
///
/// Commands are parsed into locals and checked before anything is started. What takes more than a
/// turn (an answer that waits to be durable, a long list, an export) is a *job* that goes on in
/// later turns, as far as the output has room; further input waits in the port. Grammar and
/// answers: README.md.
#pragma once

#include "core/node/command_line.hpp"
#include "core/node/node.hpp"
#include "hal/console.hpp"

namespace grafos::node {

struct ConsoleOptions {
    std::string_view name{}; ///< of the node, printed; ≤ 32 bytes used
    bool has_echo = false;   ///< the board's terminal does not echo by itself
};

class Console {
public:
    Console(Node& node, hal::Console& port, const ConsoleOptions& options) noexcept
        : node_{node}, port_{port}, options_{options} {}
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;

    /// Output first, then the job or the next command. Context: turn, after the node's own tick.
    void tick() noexcept;

    /// Whether there is something to do before new input or an interrupt comes.
    [[nodiscard]] bool wants_turn() const noexcept;
    /// The operator said `off`, and everything has been printed.
    [[nodiscard]] bool wants_power_off() const noexcept { return is_off_ && output_size_ == 0; }

private:
    enum class Job : uint8_t {
        none,
        answer,  ///< waits for a ticket
        access,  ///< waits for a device
        lists,   ///< prints a line a step
        exports, ///< prints a record a step
        trim,    ///< waits for the log
        adopts,  ///< waits for the boot that follows
    };
    using Handler = void (Console::*)(const CommandLine&) noexcept;
    using Lister = bool (Console::*)() noexcept; ///< prints one line; false: the list is over
    using Printer = void (Console::*)(const lease::Answer&) noexcept;
    struct Command {
        std::string_view noun;
        std::string_view verb; ///< empty: the command is one word
        Handler handler;
        std::string_view usage;
        std::string_view summary;
    };
    static const Command commands[];
    static const size_t command_count;

    // console.cpp: input, output, jobs
    void announce() noexcept;
    void drain() noexcept;
    void read_input() noexcept;
    void execute(std::string_view line) noexcept;
    void step_job() noexcept;
    void step_answer() noexcept;
    void step_access() noexcept;
    void step_list() noexcept;
    void step_export() noexcept;
    void step_trim() noexcept;
    void step_adopt() noexcept;
    [[nodiscard]] const Command* find_command(const CommandLine& line) const noexcept;
    [[nodiscard]] bool has_room(size_t lines = 1) const noexcept;
    [[nodiscard]] bool has_input() const noexcept;
    void begin_line() noexcept { line_.clear(); }
    void end_line() noexcept;
    void print_raw(std::string_view text) noexcept;
    void echo(uint8_t byte) noexcept;
    void print(std::string_view text) noexcept;
    void print_error(const Error& error) noexcept;
    void start_list(Lister lister) noexcept;
    void start_request(const lease::Request& request, Printer printer) noexcept;
    void start_parsed(const Result<lease::Request>& request, Printer printer) noexcept;
    void start_access(lease::Access::Kind kind, const LeaseId& id, uint64_t offset,
                      size_t size) noexcept;

    // console_commands.cpp
    void on_help(const CommandLine& line) noexcept;
    void on_readiness(const CommandLine& line) noexcept;
    void on_identity(const CommandLine& line) noexcept;
    void on_inventory(const CommandLine& line) noexcept;
    void on_lease_alloc(const CommandLine& line) noexcept;
    void on_lease_renew(const CommandLine& line) noexcept;
    void on_lease_free(const CommandLine& line) noexcept;
    void on_lease_revoke(const CommandLine& line) noexcept;
    void on_lease_checkpoint(const CommandLine& line) noexcept;
    void on_lease_query(const CommandLine& line) noexcept;
    void on_lease_list(const CommandLine& line) noexcept;
    void on_hold(const CommandLine& line) noexcept;
    void on_unhold(const CommandLine& line) noexcept;
    void on_holds(const CommandLine& line) noexcept;
    void on_read(const CommandLine& line) noexcept;
    void on_write(const CommandLine& line) noexcept;
    void on_fence_list(const CommandLine& line) noexcept;
    void on_fence_clear(const CommandLine& line) noexcept;
    void on_audit_head(const CommandLine& line) noexcept;
    void on_audit_export(const CommandLine& line) noexcept;
    void on_audit_trim(const CommandLine& line) noexcept;
    void on_adopt(const CommandLine& line) noexcept;
    void on_counters(const CommandLine& line) noexcept;
    void on_events(const CommandLine& line) noexcept;
    void on_sessions(const CommandLine& line) noexcept;
    void on_peers(const CommandLine& line) noexcept;
    void on_echo(const CommandLine& line) noexcept;
    void on_off(const CommandLine& line) noexcept;

    // console_print.cpp
    void print_grant(const lease::Answer& answer) noexcept;
    void print_renewal(const lease::Answer& answer) noexcept;
    void print_end(const lease::Answer& answer) noexcept;
    void print_torn_down(const lease::Answer& answer) noexcept;
    void print_grace(const lease::Answer& answer) noexcept;
    void print_outcome(const lease::Answer& answer, std::string_view outcome) noexcept;
    void print_record(const lease::Answer& answer) noexcept;
    void print_ref(const LeaseRef& ref) noexcept;
    [[nodiscard]] bool finish_list(std::string_view noun) noexcept;
    [[nodiscard]] bool list_help() noexcept;
    [[nodiscard]] bool list_inventory() noexcept;
    [[nodiscard]] bool list_leases() noexcept;
    [[nodiscard]] bool list_holds() noexcept;
    [[nodiscard]] bool list_fences() noexcept;
    [[nodiscard]] bool list_counters() noexcept;
    [[nodiscard]] bool list_events() noexcept;
    [[nodiscard]] bool list_sessions() noexcept;
    [[nodiscard]] bool list_peers() noexcept;
    void put_field(std::string_view key, uint64_t value) noexcept;
    void put_field(std::string_view key, std::string_view value) noexcept;
    void put_field(std::string_view key, Bytes value) noexcept;
    void put_sealed() noexcept;

    static constexpr size_t line_bytes_max = limits::console_line_bytes_max;
    static constexpr size_t output_bytes_max = 4 * line_bytes_max;

    Node& node_;
    hal::Console& port_;
    ConsoleOptions options_;
    LineReader reader_{};
    std::array<uint8_t, 64> input_{};
    size_t input_at_ = 0;
    size_t input_size_ = 0;
    std::array<char, output_bytes_max> output_{};
    size_t output_size_ = 0;
    std::array<char, line_bytes_max> line_buffer_{};
    TextWriter line_{line_buffer_};
    Readiness announced_ = Readiness::ready;
    bool has_announced_ = false;
    bool is_off_ = false;

    const Command* command_ = nullptr; ///< the one being answered, if it is one
    Job job_ = Job::none;
    lease::Ticket ticket_{};
    Printer printer_ = nullptr;
    Lister lister_ = nullptr;
    uint64_t cursor_ = 0;
    uint64_t cursor_inner_ = 0;
    uint64_t listed_ = 0;
    lease::AccessHandle access_{};
    size_t access_size_ = 0;
    std::array<uint8_t, limits::console_transfer_bytes_max> data_{};
    std::array<char, 16> help_word_{};
    size_t help_word_size_ = 0;
};

} // namespace grafos::node
