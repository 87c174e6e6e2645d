// SPDX-License-Identifier: Apache-2.0
#include "tools/cli/key_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/text.hpp"
#include "core/crypto/secret.hpp"

namespace grafos::cli {
namespace {

constexpr std::string_view magic = "grafos-key-v1\n";
constexpr std::string_view signing = "signing ";
constexpr std::string_view exchange = "exchange ";
constexpr size_t hex_digits = 64;
constexpr size_t file_bytes =
    magic.size() + signing.size() + hex_digits + 1 + exchange.size() + hex_digits + 1;

/// The file's text; erased when it goes out of scope.
struct KeyText {
    std::array<char, file_bytes + 1> bytes{};
    KeyText() = default;
    KeyText(const KeyText&) = delete;
    KeyText& operator=(const KeyText&) = delete;
    ~KeyText() { crypto::erase_secret({reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()}); }
};

class Descriptor {
public:
    explicit Descriptor(int number) : number_{number} {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) {
            (void)::close(number_);
        }
    }
    [[nodiscard]] int get() const { return number_; }

private:
    int number_;
};

std::string refusal(const std::filesystem::path& file, const std::string& why) {
    return "key " + file.string() + ": " + why;
}

} // namespace

std::optional<std::string> read_key_file(const std::filesystem::path& file,
                                         crypto::IdentitySecrets& secrets) {
    const Descriptor in{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    struct stat about{};
    if (in.get() < 0 || ::fstat(in.get(), &about) != 0) {
        return refusal(file, std::string{std::strerror(errno)} +
                                 "; make one with `grafos keygen --out FILE`");
    }
    if ((about.st_mode & 077) != 0) {
        return refusal(file, "others may read it; accepted: mode 0600 (chmod 600 FILE)");
    }
    KeyText text;
    const ssize_t size = ::read(in.get(), text.bytes.data(), text.bytes.size());
    const std::string_view all{text.bytes.data(), size > 0 ? static_cast<size_t>(size) : 0};
    constexpr size_t signing_at = magic.size() + signing.size();
    constexpr size_t exchange_at = signing_at + hex_digits + 1 + exchange.size();
    const bool is_whole =
        all.size() == file_bytes && all.substr(0, magic.size()) == magic &&
        all.substr(magic.size(), signing.size()) == signing &&
        all.substr(signing_at + hex_digits + 1, exchange.size()) == exchange &&
        parse_hex(all.substr(signing_at, hex_digits), secrets.signing_seed, Field::key).is_ok() &&
        parse_hex(all.substr(exchange_at, hex_digits), secrets.exchange_secret, Field::key).is_ok();
    if (!is_whole) {
        return refusal(file, "not a grafos-key-v1 file; make one with `grafos keygen --out FILE`");
    }
    return std::nullopt;
}

std::optional<std::string> write_key_file(const std::filesystem::path& file,
                                          const crypto::IdentitySecrets& secrets) {
    const Descriptor out{::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (out.get() < 0) {
        return refusal(file, errno == EEXIST ? "exists already; a key is never replaced"
                                             : std::strerror(errno));
    }
    KeyText text;
    TextWriter writer{{text.bytes.data(), file_bytes}};
    writer.put(magic).put(signing).put_hex(secrets.signing_seed).put("\n");
    writer.put(exchange).put_hex(secrets.exchange_secret).put("\n");
    const ssize_t written = ::write(out.get(), text.bytes.data(), writer.size());
    if (written != static_cast<ssize_t>(file_bytes) || ::fsync(out.get()) != 0) {
        const std::string why = std::strerror(errno);
        (void)::unlink(file.c_str());
        return refusal(file, why);
    }
    return std::nullopt;
}

} // namespace grafos::cli
