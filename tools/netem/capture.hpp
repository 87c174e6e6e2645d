// SPDX-License-Identifier: Apache-2.0
/// Captures in the classic pcap format (nanoseconds), written and read.
///
/// The frames are made up, for there is no Ethernet between sockets: node number i (from 1) is
/// 10.71.70.i with the MAC 02:67:46:00:00:i, port 7000; a client keeps its own port. A packet
/// before the relay has TTL 64, behind it 63; the IP identification is the low half of the number
/// of the packet in its lane. FILE.hosts, beside the capture, tells Wireshark and `replay` the
/// names.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tools/netem/address.hpp"
#include "tools/netem/lane.hpp"

namespace grafos::netem {

inline constexpr uint16_t node_port = 7000; ///< in captures; what dissectors know
inline constexpr uint32_t capture_network = 0x0a474600;
inline constexpr uint64_t nodes_in_capture_max = 254;

/// What is recorded: arriving packets, leaving ones, or both.
enum class CaptureWhat : uint8_t { in = 1, out = 2, both = 3 };
/// Throws Problem.
[[nodiscard]] CaptureWhat capture_what_of(std::string_view text);
[[nodiscard]] std::string_view text_of(CaptureWhat what);

struct CaptureEnd {
    size_t node = 0; ///< from 0
    uint16_t port = node_port;
};

class CaptureWriter {
public:
    /// Throws SystemProblem. `names` in the order of the nodes.
    CaptureWriter(const std::string& file, CaptureWhat what, const std::vector<std::string>& names);

    [[nodiscard]] bool wants(CaptureWhat direction) const {
        return (static_cast<uint8_t>(what_) & static_cast<uint8_t>(direction)) != 0;
    }
    void put(CaptureWhat direction, const CaptureEnd& from, const CaptureEnd& to, uint64_t number,
             Payload bytes);
    void flush() { std::fflush(file_.get()); }
    [[nodiscard]] Json json() const;

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::string name_;
    CaptureWhat what_;
    std::unique_ptr<std::FILE, Close> file_;
    std::vector<uint8_t> frame_;
    uint64_t packets_ = 0;
};

/// One UDP datagram of a capture.
struct Recorded {
    uint64_t at_ns = 0; ///< since 1970
    Address from{};
    Address to{};
    uint8_t ttl = 0;
    std::vector<uint8_t> payload;
};

struct Recording {
    std::vector<Recorded> packets;
    std::vector<std::pair<uint32_t, std::string>> names; ///< from FILE.hosts; may be empty
    uint64_t skipped = 0;                                ///< frames that are no UDP over IPv4
};

/// Both byte orders, micro- and nanoseconds; link types Ethernet and raw IPv4. Throws Problem (not
/// such a file; torn: what is whole counts) or SystemProblem.
[[nodiscard]] Recording read_capture(const std::string& file);

} // namespace grafos::netem
