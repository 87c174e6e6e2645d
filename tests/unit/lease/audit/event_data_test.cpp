// SPDX-License-Identifier: Apache-2.0
#include "core/lease/audit/event_data.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::lease {
namespace {

constexpr Extent extent{0x0102030405060708, 0x1112131415161718};

constexpr AllocatedData allocated{ResourceKind::block, extent, 0x2122232425262728, {300'000}};
constexpr RenewedData renewed{{0x01020304}, {100}};
constexpr EndData ended{{7}, extent, {5'000}, 3};
constexpr FencedData fenced{extent, 0xffffffffffffffff};
constexpr ClearedData cleared{{42}, extent};
constexpr RefusedData refused{Operation::renew, Field::ttl, 1, 2, 3};
constexpr OverrunData overrun{{25}, {10}};
constexpr AdoptedData adopted{{1ull << 60}};

[[nodiscard]] TrimmedData trimmed() {
    TrimmedData data{{9}, {}};
    data.hash.bytes[0] = 0xaa;
    data.hash.bytes[31] = 0xbb;
    return data;
}

[[nodiscard]] BootData boot_with_epitaph() {
    return {{4},
            WallSource::rtc,
            true,
            {hal::EpitaphKind::assertion, hal::EpitaphCpu::aarch64, 4, 1, 2, 3, 5, 0x01020304}};
}

[[nodiscard]] BootData boot_with_peers() {
    BootData data = boot_with_epitaph();
    data.has_peers = true;
    data.is_sealed = true;
    data.peers.bytes.fill(0x77);
    return data;
}

[[nodiscard]] Error failure_of_bytes(EventKind kind, Bytes bytes) {
    const Result<> checked = check_event_data(kind, bytes);
    return checked.is_ok() ? Error{} : checked.error();
}

/// What holds for every layout: it comes back as it went; every other length, version 0 and every
/// newer version are refused; and no two encodings mean the same, so each changed byte changes the
/// value or is refused.
template <typename Data>
void expect_strict(EventKind kind, const Data& data, size_t size,
                   uint8_t own = event_data_version) {
    const EventData encoded = encode_data(data);
    const bool has_two = kind == EventKind::boot || kind == EventKind::request_refused ||
                         kind == EventKind::turn_overrun;
    const uint8_t newest = has_two ? event_data_version_newest : event_data_version;
    ASSERT_EQ(encoded.size, size);
    EXPECT_EQ(encoded.bytes[0], own);
    const Result<Data> decoded = decode_data<Data>(encoded.view());
    ASSERT_TRUE(decoded.is_ok());
    EXPECT_TRUE(decoded.value() == data);
    EXPECT_TRUE(check_event_data(kind, encoded.view()).is_ok());

    std::array<uint8_t, limits::event_data_bytes_max + 1> bytes{};
    copy_bytes(bytes, encoded.view());
    for (size_t length = 0; length <= bytes.size(); ++length) {
        const Bytes cut = Bytes{bytes}.first(length);
        if (length == size || (length == 0 && own != event_data_version)) {
            continue; // of nothing at all, the version that is missed is the first
        }
        EXPECT_TRUE((failure_of_bytes(kind, cut) ==
                     Error{ErrorCode::invalid_argument, Field::event_data, length, size}))
            << length;
    }
    for (uint32_t version = 0; version < 256; ++version) {
        bytes[0] = static_cast<uint8_t>(version);
        const Error error = failure_of_bytes(kind, Bytes{bytes}.first(size));
        if (version == 0) {
            EXPECT_TRUE((error == Error{ErrorCode::invalid_argument, Field::version, 0, newest}));
        } else if (version > newest) {
            EXPECT_TRUE(
                (error == Error{ErrorCode::unsupported_version, Field::version, version, newest}));
        } else if (version != own) {
            EXPECT_TRUE(error.code == ErrorCode::invalid_argument) << version;
        }
    }
    bytes[0] = own;
    for (size_t at = 1; at < size; ++at) {
        for (uint32_t flip = 1; flip < 256; ++flip) {
            bytes[at] = static_cast<uint8_t>(encoded.bytes[at] ^ flip);
            const Result<Data> other = decode_data<Data>(Bytes{bytes}.first(size));
            if (other.is_ok()) {
                ASSERT_FALSE(other.value() == data) << at << " ^ " << flip;
                const EventData again = encode_data(other.value());
                ASSERT_TRUE(is_equal(again.view(), Bytes{bytes}.first(size))) << at;
            }
        }
        bytes[at] = encoded.bytes[at];
    }
}

TEST(EventData, Every_layout_is_strict_and_comes_back_as_it_went) {
    expect_strict(EventKind::boot, boot_with_epitaph(), 59);
    expect_strict(EventKind::boot, BootData{{4}, WallSource::none, false, {}}, 59);
    expect_strict(EventKind::boot, boot_with_peers(), 92, 2);
    expect_strict(EventKind::lease_allocated, allocated, 35);
    expect_strict(EventKind::lease_renewed, renewed, 13);
    expect_strict(EventKind::lease_released, ended, 30);
    expect_strict(EventKind::lease_expired, ended, 30);
    expect_strict(EventKind::lease_revoked, ended, 30);
    expect_strict(EventKind::lease_preempted, ended, 30);
    expect_strict(EventKind::resource_fenced, fenced, 25);
    expect_strict(EventKind::fence_cleared, cleared, 25);
    expect_strict(EventKind::request_refused, refused, 24);
    expect_strict(EventKind::request_refused, RefusedData{Operation::trim_log}, 24, 2);
    expect_strict(EventKind::turn_overrun, overrun, 17);
    expect_strict(EventKind::turn_overrun, OverrunData{{25}, {10}, 7}, 21, 2);
    expect_strict(EventKind::state_adopted, adopted, 9);
    expect_strict(EventKind::log_trimmed, trimmed(), 41);
}

TEST(EventData, Fields_stand_big_endian_in_their_order) {
    const EventData encoded = encode_data(allocated);
    const uint8_t expected[35] = {1,    0,    3,    1,    2,    3,    4,    5,    6,
                                  7,    8,    0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
                                  0x18, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28,
                                  0,    0,    0,    0,    0,    4,    0x93, 0xe0};
    EXPECT_TRUE(is_equal(encoded.view(), expected));
}

TEST(EventData, A_number_outside_its_closed_set_is_refused_by_name) {
    EventData grant = encode_data(allocated);
    for (uint32_t kind = 0; kind < 65536; ++kind) {
        store_big_endian<uint16_t>(grant.bytes + 1, static_cast<uint16_t>(kind));
        const Error error = failure_of_bytes(EventKind::lease_allocated, grant.view());
        if (kind >= 1 && kind <= 5) {
            EXPECT_TRUE(error == Error{});
        } else {
            EXPECT_TRUE((error == Error{ErrorCode::invalid_argument, Field::kind, kind, 5}));
        }
    }
    EventData refusal = encode_data(refused);
    for (uint32_t operation = 0; operation < 256; ++operation) {
        refusal.bytes[1] = static_cast<uint8_t>(operation);
        const Error error = failure_of_bytes(EventKind::request_refused, refusal.view());
        EXPECT_EQ(error.field == Field::operation, operation < 1 || operation > 14) << operation;
        EXPECT_EQ(error.field == Field::version, operation > 6 && operation <= 14) << operation;
    }
    refusal = encode_data(refused);
    const auto last = static_cast<uint32_t>(field_last);
    for (uint32_t field = 0; field < 65536; ++field) {
        store_big_endian<uint16_t>(refusal.bytes + 2, static_cast<uint16_t>(field));
        const Error error = failure_of_bytes(EventKind::request_refused, refusal.view());
        ASSERT_EQ(error.field == Field::name, field > last) << field;
    }
}

TEST(EventData, A_boot_without_epitaph_carries_zeroes_and_nothing_else) {
    const EventData encoded = encode_data(BootData{{4}, WallSource::argument, false, {}});
    EXPECT_TRUE(is_all_zero(encoded.view().subspan(10)));
    for (size_t at = 11; at < encoded.size; ++at) {
        EventData changed = encoded;
        changed.bytes[at] = 1;
        EXPECT_TRUE((failure_of_bytes(EventKind::boot, changed.view()) ==
                     Error{ErrorCode::invalid_argument, Field::padding, 1, 0}))
            << at;
    }
    // A forgotten flag does not smuggle an epitaph in.
    BootData hidden = boot_with_epitaph();
    hidden.has_epitaph = false;
    EXPECT_TRUE(is_all_zero(encode_data(hidden).view().subspan(10)));
}

TEST(EventData, A_boot_record_names_wall_source_kind_and_cpu_from_closed_sets) {
    EventData boot = encode_data(boot_with_epitaph());
    const struct {
        size_t at;
        uint8_t value;
        Field field;
    } cases[] = {{9, 5, Field::time_base}, {10, 2, Field::event_data}, {12, 0, Field::kind},
                 {12, 3, Field::kind},     {11, 1, Field::kind},       {14, 0, Field::device},
                 {14, 4, Field::device}};
    for (const auto& c : cases) {
        EventData changed = boot;
        changed.bytes[c.at] = c.value;
        const Error error = failure_of_bytes(EventKind::boot, changed.view());
        EXPECT_TRUE(error.code == ErrorCode::invalid_argument) << c.at;
        EXPECT_TRUE(error.field == c.field) << c.at << " = " << c.value;
    }
}

TEST(EventData, A_rewritten_edge_has_no_layout_yet_and_an_unknown_kind_none_at_all) {
    const uint8_t anything[] = {9, 9, 9};
    EXPECT_TRUE(check_event_data(EventKind::edge_rewritten, anything).is_ok());
    EXPECT_TRUE(check_event_data(EventKind::edge_rewritten, {}).is_ok());
    const Error error = failure_of_bytes(static_cast<EventKind>(15), anything);
    EXPECT_TRUE((error == Error{ErrorCode::invalid_argument, Field::kind_code, 15, 14}));
}

} // namespace
} // namespace grafos::lease
