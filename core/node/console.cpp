// SPDX-License-Identifier: Apache-2.0
/// The console's loop: bytes in, lines out, one job at a time. Commands are in
/// console_commands.cpp.
#include "core/node/console.hpp"

#include "core/lease/audit/jsonl.hpp"
#include "core/node/console_advice.hpp"

namespace grafos::node {
namespace {

/// Lines executed or list lines printed in one turn: the console comes last and stays short.
constexpr uint32_t console_steps_max = 16;

} // namespace

bool Console::has_room(size_t lines) const noexcept {
    return output_.size() - output_size_ >= lines * (line_bytes_max + 2);
}

/// Only called with `has_room()`. `text` may be the line buffer's own.
void Console::print_raw(std::string_view text) noexcept {
    GRAFOS_ASSERT(text.size() <= line_bytes_max && has_room());
    __builtin_memcpy(output_.data() + output_size_, text.data(), text.size());
    output_size_ += text.size();
    output_[output_size_++] = '\r';
    output_[output_size_++] = '\n';
}

void Console::end_line() noexcept {
    print_raw(line_.text());
    line_.clear();
}

/// What a terminal that does not echo by itself wants to see; dropped when the output is half full.
void Console::echo(uint8_t byte) noexcept {
    const bool is_end = byte == '\r' || byte == '\n';
    if (!options_.has_echo || output_size_ + 2 > output_.size() / 2 ||
        (!is_end && (byte < 0x20 || byte > 0x7e))) {
        return;
    }
    output_[output_size_++] = is_end ? '\r' : static_cast<char>(byte);
    if (is_end) {
        output_[output_size_++] = '\n';
    }
}

void Console::print(std::string_view text) noexcept {
    begin_line();
    line_.put(text);
    end_line();
}

void Console::print_error(const Error& error) noexcept {
    begin_line();
    line_.put("error ");
    put_error(line_, error);
    line_.put(" - ");
    const bool is_about_words = error.code == ErrorCode::invalid_argument && command_ != nullptr;
    if (error.code == ErrorCode::degraded) {
        line_.put(way_out_of(node_.degraded_reason()));
    } else if (is_about_words) {
        const std::string_view accepted = accepted_as(error.field);
        line_.put(accepted).put(accepted.empty() ? "" : "; ").put("usage: ").put(command_->usage);
    } else {
        line_.put(next_step_of(error));
    }
    end_line();
    node_.count_console_refusal(error, reader_.text().size());
}

void Console::drain() noexcept {
    const size_t written = port_.write(bytes_of({output_.data(), output_size_}));
    GRAFOS_ASSERT(written <= output_size_);
    if (written > 0 && written < output_size_) {
        __builtin_memmove(output_.data(), output_.data() + written, output_size_ - written);
    }
    output_size_ -= written;
}

/// The two lines that tell whoever watches the port how far the node is.
void Console::announce() noexcept {
    const Readiness now = node_.readiness();
    if ((has_announced_ && now == announced_) || !has_room()) {
        return;
    }
    const bool is_settled = now == Readiness::ready || now == Readiness::degraded;
    if (has_announced_ && !is_settled) {
        return;
    }
    begin_line();
    line_.put("grafos");
    put_field("name", options_.name);
    put_field("state", is_settled ? name_of(now) : name_of(Readiness::booting));
    if (now == Readiness::degraded) {
        put_field("reason", lease::name_of(node_.degraded_reason()));
    }
    if (now == Readiness::ready) {
        put_field("boot", node_.boot().value);
    }
    if (is_settled) {
        put_sealed();
    }
    end_line();
    announced_ = now;
    has_announced_ = true;
}

void Console::tick() noexcept {
    drain();
    announce();
    for (uint32_t step = 0; step < console_steps_max && has_room() && !is_off_; ++step) {
        if (job_ != Job::none) {
            const Job job = job_;
            const uint64_t cursor = listed_;
            step_job();
            if (job_ == job && listed_ == cursor) {
                break; // it waits for something: nothing more to do this turn
            }
        } else {
            read_input();
            if (!has_input() && job_ == Job::none) {
                break;
            }
        }
    }
    drain();
}

/// Feeds bytes up to and with the next line end, and executes that line.
void Console::read_input() noexcept {
    if (input_at_ == input_size_) {
        input_size_ = port_.read(input_);
        input_at_ = 0;
        GRAFOS_ASSERT(input_size_ <= input_.size());
    }
    while (input_at_ < input_size_) {
        const uint8_t byte = input_[input_at_++];
        echo(byte);
        const LineReader::Event event = reader_.feed(byte);
        if (event == LineReader::Event::too_long) {
            command_ = nullptr;
            print_error(
                {ErrorCode::invalid_argument, Field::line, line_bytes_max + 1, line_bytes_max});
            return;
        }
        if (event == LineReader::Event::line) {
            execute(reader_.text());
            return;
        }
    }
}

const Console::Command* Console::find_command(const CommandLine& line) const noexcept {
    for (size_t i = 0; i < command_count; ++i) {
        const Command& command = commands[i];
        if (command.noun == line.word(0) &&
            (command.verb.empty() || command.verb == line.word(1))) {
            return &command;
        }
    }
    return nullptr;
}

void Console::execute(std::string_view text) noexcept {
    command_ = nullptr;
    const Result<CommandLine> line = CommandLine::parse(text);
    if (!line.is_ok()) {
        print_error(line.error());
        return;
    }
    if (line.value().count() == 0) {
        return;
    }
    node_.count_console_line();
    command_ = find_command(line.value());
    if (command_ == nullptr) {
        print_error({ErrorCode::not_found, Field::command, text.size(), command_count});
        return;
    }
    (this->*command_->handler)(line.value());
}

/// A read that filled the buffer may have left bytes in the port, and no interrupt will tell of
/// them.
bool Console::has_input() const noexcept {
    return input_at_ < input_size_ || input_size_ == input_.size();
}

/// A job that waits is woken by what it waits for; until then further input waits too.
bool Console::wants_turn() const noexcept {
    const bool prints = job_ == Job::lists || job_ == Job::exports;
    return output_size_ > 0 || prints || (job_ == Job::none && has_input());
}

void Console::step_job() noexcept {
    switch (job_) {
    case Job::none: return;
    case Job::answer: step_answer(); return;
    case Job::access: step_access(); return;
    case Job::lists: step_list(); return;
    case Job::exports: step_export(); return;
    case Job::trim: step_trim(); return;
    case Job::adopts: step_adopt(); return;
    }
    GRAFOS_UNREACHABLE();
}

void Console::start_request(const lease::Request& request, Printer printer) noexcept {
    const Result<lease::Ticket> ticket = node_.start(request);
    if (!ticket.is_ok()) {
        print_error(ticket.error());
        return;
    }
    job_ = Job::answer;
    ticket_ = ticket.value();
    printer_ = printer;
}

void Console::step_answer() noexcept {
    const Result<lease::Answer> answer = node_.poll(ticket_);
    if (!answer.is_ok() && answer.error().code == ErrorCode::busy) {
        return;
    }
    job_ = Job::none;
    if (answer.is_ok()) {
        (this->*printer_)(answer.value());
    } else {
        print_error(answer.error());
    }
}

void Console::start_access(lease::Access::Kind kind, const LeaseId& id, uint64_t offset,
                           size_t size) noexcept {
    GRAFOS_ASSERT(size <= data_.size());
    lease::Access access;
    access.kind = kind;
    access.offset = offset;
    access.buffer = MutableBytes{data_}.first(size);
    access_size_ = size;
    const Result<lease::AccessHandle> handle = node_.start_access_by_id(id, access);
    if (!handle.is_ok()) {
        print_error(handle.error());
        return;
    }
    access_ = handle.value();
    job_ = Job::access;
}

void Console::step_access() noexcept {
    const Result<> done = node_.poll_access(access_);
    if (!done.is_ok() && done.error().code == ErrorCode::busy) {
        return;
    }
    job_ = Job::none;
    if (!done.is_ok()) {
        print_error(done.error());
        return;
    }
    begin_line();
    line_.put("ok");
    if (access_.kind == lease::Access::Kind::read) {
        put_field("data", Bytes{data_}.first(access_size_));
    } else {
        put_field("bytes", access_size_);
    }
    end_line();
}

void Console::start_list(Lister lister) noexcept {
    job_ = Job::lists;
    lister_ = lister;
    cursor_ = 0;
    cursor_inner_ = 0;
    listed_ = 0;
}

void Console::step_list() noexcept {
    if ((this->*lister_)()) {
        listed_ += 1;
        return;
    }
    job_ = Job::none;
}

/// The way out of `degraded`: done when the node is ready, or degraded for another reason.
void Console::step_adopt() noexcept {
    const bool is_adopted = node_.readiness() == Readiness::ready;
    const bool is_refused = node_.readiness() == Readiness::degraded && !node_.is_log_going_on();
    if (!is_adopted && !is_refused) {
        return;
    }
    job_ = Job::none;
    if (is_refused) {
        print_error(node_.degraded_cause());
        return;
    }
    lease::Answer answer;
    answer.record = node_.boot_record();
    print_record(answer);
}

void Console::step_trim() noexcept {
    const Result<Sequence> record = node_.poll_trim();
    if (!record.is_ok() && record.error().code == ErrorCode::busy) {
        return;
    }
    job_ = Job::none;
    if (!record.is_ok()) {
        print_error(record.error());
        return;
    }
    lease::Answer answer;
    answer.record = record.value();
    print_record(answer);
}

/// One record of the durable chain a step, as its JSON line; then the signed head.
void Console::step_export() noexcept {
    const Result<ExportedRecord> record = node_.next_exported();
    if (!record.is_ok() && record.error().code == ErrorCode::busy) {
        return;
    }
    if (record.is_ok()) {
        const auto text =
            lease::encode_json_record(record.value().canonical, record.value().hash, line_buffer_);
        GRAFOS_ASSERT(text.is_ok()); // it was sealed by this build or replayed by it
        print_raw(text.value());
        listed_ += 1;
        return;
    }
    if (!has_room(2)) {
        return; // the head and the last line go together: no record may come between them
    }
    job_ = Job::none;
    if (record.error().code != ErrorCode::not_found) {
        print_error(record.error());
        return;
    }
    const Result<lease::SignedHead> head = node_.sign_head();
    if (head.is_ok()) {
        const auto text = lease::encode_json_head(head.value(), line_buffer_);
        GRAFOS_ASSERT(text.is_ok());
        print_raw(text.value());
    }
    begin_line();
    line_.put("ok");
    put_field("records", listed_);
    end_line();
}

} // namespace grafos::node
