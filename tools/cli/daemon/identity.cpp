// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/daemon/identity.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace grafos::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{30};

/// A node on two pipes, which ends with us.
class Console {
public:
    Console() = default;
    ~Console() {
        close_one(to_);
        close_one(from_);
        if (pid_ > 0) {
            (void)kill(pid_, SIGKILL); // one that ended well is only waited for
            (void)waitpid(pid_, nullptr, 0);
        }
    }
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;

    [[nodiscard]] bool start(std::vector<std::string>& words) {
        int input[2] = {-1, -1};
        int output[2] = {-1, -1};
        if (pipe2(input, O_CLOEXEC) != 0 || pipe2(output, O_CLOEXEC) != 0) {
            return false;
        }
        to_ = input[1];
        from_ = output[0];
        pid_ = fork();
        if (pid_ == 0) {
            become(words, input[0], output[1]);
        }
        (void)close(input[0]);
        (void)close(output[1]);
        return pid_ > 0;
    }
    void say(const std::string& text) { (void)!write(to_, text.data(), text.size()); }

    /// The next line, or nothing: the node has ended, or is too slow.
    [[nodiscard]] std::string line() {
        const auto until = Clock::now() + patience;
        while (true) { // until a line, its end, or ours
            if (const size_t end = text_.find('\n'); end != std::string::npos) {
                std::string found = text_.substr(0, text_[end - 1] == '\r' ? end - 1 : end);
                text_.erase(0, end + 1);
                return found;
            }
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
            pollfd waits{from_, POLLIN, 0};
            if (left.count() <= 0 || poll(&waits, 1, static_cast<int>(left.count())) != 1) {
                return {};
            }
            char some[512];
            const ssize_t size = read(from_, some, sizeof(some));
            if (size <= 0) {
                return {};
            }
            text_.append(some, static_cast<size_t>(size));
        }
    }
    /// The last line of an answer.
    [[nodiscard]] std::string ask(const std::string& command) {
        say(command + "\n");
        std::string found = line();
        while (!found.empty() && !found.starts_with("ok") && !found.starts_with("error")) {
            found = line();
        }
        return found;
    }

private:
    [[noreturn]] static void become(std::vector<std::string>& words, int input, int output) {
        (void)dup2(input, STDIN_FILENO);
        (void)dup2(output, STDOUT_FILENO);
        (void)unsetenv("NOTIFY_SOCKET"); // it is not the service that starts here
        std::vector<char*> pointers;
        for (std::string& word : words) {
            pointers.push_back(word.data());
        }
        pointers.push_back(nullptr);
        (void)execv(pointers.front(), pointers.data());
        _exit(127);
    }
    static void close_one(int descriptor) {
        if (descriptor >= 0) {
            (void)close(descriptor);
        }
    }

    int to_ = -1;
    int from_ = -1;
    pid_t pid_ = -1;
    std::string text_;
};

std::string value_of(const std::string& line, const std::string& key) {
    const size_t at = line.find(" " + key + "=");
    if (at == std::string::npos) {
        return {};
    }
    const size_t first = at + key.size() + 2;
    return line.substr(first, line.find(' ', first) - first);
}

} // namespace

std::variant<NodeKeys, std::string> ask_identity(std::vector<std::string> words) {
    (void)std::signal(SIGPIPE, SIG_IGN);
    Console console;
    if (!console.start(words)) {
        return words.front() + ": " + std::strerror(errno);
    }
    std::string line = console.line();
    while (line.find("state=ready") == std::string::npos &&
           line.find("state=degraded") == std::string::npos) {
        if (line.empty()) {
            return std::string{
                "the node did not come up; if it runs already, `grafos identity` asks it"};
        }
        line = console.line();
    }
    const std::string said = console.ask("identity");
    NodeKeys keys{value_of(said, "x25519"), value_of(said, "node_id")};
    if (keys.exchange_key.empty() || keys.node_id.empty()) {
        return "the node does not say who it is: " + said + " (" + line + ")";
    }
    (void)console.ask("off");
    return keys;
}

} // namespace grafos::cli
