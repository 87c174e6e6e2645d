// SPDX-License-Identifier: Apache-2.0
#include "examples/emulation/host/trace_printer.hpp"

#include <array>
#include <cstdlib>

#include <unistd.h>

namespace grafos::emulation_host {
namespace {

constexpr const char* plain = "\x1b[0m";
constexpr const char* dim = "\x1b[2m";
constexpr const char* bold = "\x1b[1m";
/// One for each actor, over and over.
constexpr std::array<const char*, 6> colours{"\x1b[34m", "\x1b[32m", "\x1b[35m",
                                             "\x1b[36m", "\x1b[33m", "\x1b[31m"};

bool wants_colours(std::FILE* file) {
    const char* const unwanted = std::getenv("NO_COLOR");
    return (unwanted == nullptr || *unwanted == '\0') && isatty(fileno(file)) == 1;
}

} // namespace

TracePrinter::TracePrinter(const Options& options)
    : options_{options}, has_colours_{wants_colours(options.to)} {}

void TracePrinter::on_line(Instant, const em::ActorView& actor, const em::Rule& rule,
                           std::string_view text) noexcept {
    if (wants_end_) {
        return;
    }
    if (has_colours_ && !text.empty()) {
        put_coloured(actor, text);
    } else {
        (void)std::fwrite(text.data(), 1, text.size(), options_.to);
    }
    (void)std::fputc('\n', options_.to);
    if (options_.explains && !rule.text.empty() && !text.empty()) {
        (void)std::fprintf(options_.to, "%s    %.*s: %.*s%s\n", has_colours_ ? dim : "",
                           static_cast<int>(rule.name.size()), rule.name.data(),
                           static_cast<int>(rule.text.size()), rule.text.data(),
                           has_colours_ ? plain : "");
    }
    if (options_.steps) {
        wait_for_enter();
    }
}

/// `[name]` in the actor's colour; lines that no actor puts its name to are bold.
void TracePrinter::put_coloured(const em::ActorView& actor, std::string_view text) {
    const size_t end = text.front() == '[' ? text.find(']') : std::string_view::npos;
    if (end == std::string_view::npos) {
        (void)std::fprintf(options_.to, "%s%.*s%s", bold, static_cast<int>(text.size()),
                           text.data(), plain);
        return;
    }
    const std::string_view rest = text.substr(end + 1);
    (void)std::fprintf(options_.to, "%s%.*s%s%.*s",
                       colours[index_of(actor.number) % colours.size()], static_cast<int>(end + 1),
                       text.data(), plain, static_cast<int>(rest.size()), rest.data());
}

void TracePrinter::wait_for_enter() {
    (void)std::fflush(options_.to);
    int first = std::getchar();
    wants_end_ = first == 'q' || first == EOF;
    while (first != '\n' && first != EOF) {
        first = std::getchar();
    }
}

} // namespace grafos::emulation_host
