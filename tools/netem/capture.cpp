// SPDX-License-Identifier: Apache-2.0
#include "tools/netem/capture.hpp"

#include <array>
#include <cerrno>
#include <ctime>
#include <fstream>
#include <iterator>
#include <sstream>

namespace grafos::netem {
namespace {

constexpr uint32_t magic_ns = 0xa1b23c4d, magic_us = 0xa1b2c3d4;
constexpr uint32_t link_ethernet = 1, link_raw = 101, link_ipv4 = 228;
constexpr size_t file_header_bytes = 24, record_header_bytes = 16;
constexpr size_t ethernet_bytes = 14, ip_bytes = 20, udp_bytes = 8;
constexpr uint8_t protocol_udp = 17;
constexpr uint64_t ns_per_s = 1'000'000'000;
constexpr uint32_t frame_bytes_max = 1 << 18;

void put16(std::vector<uint8_t>& into, size_t value) {
    into.push_back(static_cast<uint8_t>(value >> 8));
    into.push_back(static_cast<uint8_t>(value));
}
void put32(std::vector<uint8_t>& into, uint32_t value) {
    put16(into, value >> 16);
    put16(into, value & 0xffff);
}
void set16(std::vector<uint8_t>& into, size_t at, uint16_t value) {
    into[at] = static_cast<uint8_t>(value >> 8);
    into[at + 1] = static_cast<uint8_t>(value);
}

/// The Internet checksum's sum of a range, not yet folded (RFC 1071).
uint32_t sum_of(Payload bytes) {
    uint32_t sum = 0;
    for (size_t i = 0; i < bytes.size(); ++i) {
        sum += i % 2 == 0 ? static_cast<uint32_t>(bytes[i]) << 8 : bytes[i];
    }
    return sum;
}
uint16_t folded(uint32_t sum) {
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(~sum);
}

void put_mac(std::vector<uint8_t>& into, size_t node) {
    put32(into, 0x02674600);
    put16(into, node + 1);
}

uint32_t address_in_capture(size_t node) {
    return capture_network + static_cast<uint32_t>(node) + 1;
}

void build_frame(std::vector<uint8_t>& frame, const CaptureEnd& from, const CaptureEnd& to,
                 uint64_t number, uint8_t ttl, Payload bytes) {
    frame.clear();
    put_mac(frame, to.node);
    put_mac(frame, from.node);
    put16(frame, 0x0800);
    put16(frame, 0x4500);
    put16(frame, ip_bytes + udp_bytes + bytes.size());
    put16(frame, number & 0xffff);
    put16(frame, 0x4000); // do not fragment
    put16(frame, static_cast<size_t>(ttl) << 8 | protocol_udp);
    put16(frame, 0);
    put32(frame, address_in_capture(from.node));
    put32(frame, address_in_capture(to.node));
    const Payload all{frame};
    const size_t udp = ethernet_bytes + ip_bytes;
    set16(frame, ethernet_bytes + 10, folded(sum_of(all.subspan(ethernet_bytes, ip_bytes))));
    put16(frame, from.port);
    put16(frame, to.port);
    put16(frame, udp_bytes + bytes.size());
    put16(frame, 0);
    frame.insert(frame.end(), bytes.begin(), bytes.end());
    const Payload whole{frame};
    const uint32_t pseudo = sum_of(whole.subspan(ethernet_bytes + 12, 8)) + protocol_udp +
                            static_cast<uint32_t>(udp_bytes + bytes.size());
    const uint16_t sum = folded(pseudo + sum_of(whole.subspan(udp)));
    set16(frame, udp + 6, sum == 0 ? 0xffff : sum);
}

/// A capture in memory, read in the byte order of whoever wrote it.
struct Reader {
    Payload bytes;
    bool is_swapped = false;

    [[nodiscard]] uint32_t word(size_t at) const {
        uint32_t value = 0;
        for (size_t i = 0; i < 4; ++i) {
            value |= static_cast<uint32_t>(bytes[at + i]) << 8 * (is_swapped ? 3 - i : i);
        }
        return value;
    }
};

uint16_t big16(Payload bytes, size_t at) {
    return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}
uint32_t big32(Payload bytes, size_t at) {
    return static_cast<uint32_t>(big16(bytes, at)) << 16 | big16(bytes, at + 2);
}

/// Whether this frame is a whole UDP datagram; then `into` has it.
bool parse_frame(Payload frame, uint32_t link, Recorded& into) {
    if (link == link_ethernet) {
        if (frame.size() < ethernet_bytes || big16(frame, 12) != 0x0800) {
            return false;
        }
        frame = frame.subspan(ethernet_bytes);
    }
    if (frame.size() < ip_bytes || frame[0] >> 4 != 4 || frame[9] != protocol_udp) {
        return false;
    }
    const size_t header = static_cast<size_t>(frame[0] & 0xf) * 4;
    const size_t total = big16(frame, 2);
    const bool is_fragment = (big16(frame, 6) & 0x3fff) != 0;
    if (is_fragment || total > frame.size() || header < ip_bytes || total < header + udp_bytes) {
        return false;
    }
    const Payload udp = frame.subspan(header, total - header);
    const size_t length = big16(udp, 4);
    if (length < udp_bytes || length > udp.size()) {
        return false;
    }
    into.ttl = frame[8];
    into.from = {big32(frame, 12), big16(udp, 0)};
    into.to = {big32(frame, 16), big16(udp, 2)};
    const Payload payload = udp.subspan(udp_bytes, length - udp_bytes);
    into.payload.assign(payload.begin(), payload.end());
    return true;
}

void read_names(const std::string& file, Recording& into) {
    std::ifstream hosts{file + ".hosts"};
    std::string line;
    while (std::getline(hosts, line)) {
        std::istringstream words{line};
        std::string address, name;
        if (words >> address >> name && address[0] != '#') {
            into.names.emplace_back(address_of(file + ".hosts", address + ":0").ipv4, name);
        }
    }
}

} // namespace

CaptureWhat capture_what_of(std::string_view text) {
    for (const CaptureWhat what : {CaptureWhat::in, CaptureWhat::out, CaptureWhat::both}) {
        if (text_of(what) == text) {
            return what;
        }
    }
    throw Problem{"pcap", std::string{text}, "in, out or both"};
}

std::string_view text_of(CaptureWhat what) {
    switch (what) {
    case CaptureWhat::in: return "in";
    case CaptureWhat::out: return "out";
    case CaptureWhat::both: break;
    }
    return "both";
}

CaptureWriter::CaptureWriter(const std::string& file, CaptureWhat what,
                             const std::vector<std::string>& names)
    : name_(file), what_(what), file_(std::fopen(file.c_str(), "wb")) {
    if (!file_) {
        throw SystemProblem{file, errno};
    }
    const std::array<uint32_t, 6> header{magic_ns, 2 | 4 << 16,     0,
                                         0,        frame_bytes_max, link_ethernet};
    std::fwrite(header.data(), sizeof header, 1, file_.get());
    std::ofstream hosts{file + ".hosts"};
    for (size_t i = 0; i < names.size(); ++i) {
        const std::string whole = netem::text_of(Address{address_in_capture(i), 0});
        hosts << whole.substr(0, whole.size() - 2) << ' ' << names[i] << '\n';
    }
}

void CaptureWriter::put(CaptureWhat direction, const CaptureEnd& from, const CaptureEnd& to,
                        uint64_t number, Payload bytes) {
    build_frame(frame_, from, to, number, direction == CaptureWhat::in ? 64 : 63, bytes);
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    const auto size = static_cast<uint32_t>(frame_.size());
    const std::array<uint32_t, 4> header{static_cast<uint32_t>(now.tv_sec),
                                         static_cast<uint32_t>(now.tv_nsec), size, size};
    std::fwrite(header.data(), sizeof header, 1, file_.get());
    std::fwrite(frame_.data(), frame_.size(), 1, file_.get());
    ++packets_;
}

Json CaptureWriter::json() const {
    return {{"file", name_}, {"what", text_of(what_)}, {"packets", packets_}};
}

Recording read_capture(const std::string& file) {
    std::ifstream stream{file, std::ios::binary};
    if (!stream) {
        throw SystemProblem{file, errno};
    }
    const std::vector<char> raw{std::istreambuf_iterator<char>{stream}, {}};
    Reader reader{{reinterpret_cast<const uint8_t*>(raw.data()), raw.size()}};
    const Problem problem{file, std::to_string(raw.size()) + " bytes of something else",
                          "a pcap file (not pcapng) of Ethernet or raw IPv4"};
    if (raw.size() < file_header_bytes) {
        throw problem;
    }
    uint32_t magic = reader.word(0);
    if (magic != magic_ns && magic != magic_us) {
        reader.is_swapped = true;
        magic = reader.word(0);
    }
    const uint32_t link = reader.word(20) & 0xffff;
    if ((magic != magic_ns && magic != magic_us) ||
        (link != link_ethernet && link != link_raw && link != link_ipv4)) {
        throw problem;
    }
    Recording found;
    size_t at = file_header_bytes;
    while (at + record_header_bytes <= raw.size()) {
        const size_t size = reader.word(at + 8);
        const size_t begin = at + record_header_bytes;
        if (size > raw.size() - begin) {
            break; // torn: its writer was stopped
        }
        Recorded packet;
        packet.at_ns = reader.word(at) * ns_per_s +
                       reader.word(at + 4) * (magic == magic_ns ? uint64_t{1} : uint64_t{1000});
        if (parse_frame(reader.bytes.subspan(begin, size), link, packet)) {
            found.packets.push_back(std::move(packet));
        } else {
            ++found.skipped;
        }
        at = begin + size;
    }
    read_names(file, found);
    return found;
}

} // namespace grafos::netem
