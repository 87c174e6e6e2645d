// SPDX-License-Identifier: Apache-2.0
#include "core/wire/parameters.hpp"

#include <algorithm>

#include "core/wire/messages.hpp"
#include "tests/testkit/test.hpp"

namespace grafos::wire {
namespace {

using Buffer = std::array<uint8_t, 256>;

[[nodiscard]] Bytes one(Buffer& buffer, uint16_t tag, Bytes value) {
    ParameterWriter writer{buffer};
    EXPECT_TRUE(writer.put(tag, value).is_ok());
    return writer.written();
}

[[nodiscard]] Error refusal_of(Bytes parameters) {
    const Result<LeaseParameters> read = read_parameters(parameters);
    return read.is_ok() ? Error{} : read.error();
}

TEST(Parameters, None_at_all_ask_for_nothing) {
    const Result<LeaseParameters> read = read_parameters({});
    ASSERT_TRUE(read.is_ok());
    EXPECT_FALSE(read.value().intent.has_value());
    EXPECT_FALSE(read.value().cpu_isolation.has_value());
    EXPECT_FALSE(read.value().gpu_exclusivity.has_value());
    EXPECT_EQ(read.value().affinity_count, 0);
}

TEST(Parameters, All_of_them_come_back_as_they_went) {
    Buffer buffer{};
    ParameterWriter writer{buffer};
    const uint8_t kv_cache[] = {1};
    const uint8_t strict[] = {2};
    const uint8_t partition[] = {3};
    const uint8_t near[] = {1, 3, 7, 0, 2, 0xaa, 0xbb};
    ASSERT_TRUE(writer.put(0x0901, kv_cache).is_ok());
    ASSERT_TRUE(writer.put(0x0902, strict).is_ok());
    ASSERT_TRUE(writer.put(0x0903, partition).is_ok());
    ASSERT_TRUE(writer.put(0x0910, near).is_ok());
    const Result<LeaseParameters> read = read_parameters(writer.written());
    ASSERT_TRUE(read.is_ok());
    EXPECT_TRUE(read.value().intent == Intent::kv_cache);
    EXPECT_TRUE(read.value().cpu_isolation == CpuIsolation::strictly_isolated);
    EXPECT_TRUE(read.value().gpu_exclusivity == GpuExclusivity::partition);
    ASSERT_EQ(read.value().affinity_count, 1);
    const Affinity& affinity = read.value().affinities[0];
    EXPECT_EQ(affinity.category, 1);
    EXPECT_EQ(affinity.strength, 3);
    EXPECT_EQ(affinity.target_type, 7);
    EXPECT_TRUE(is_equal(affinity.target, Bytes{near}.subspan(5)));
}

TEST(Parameters, An_unknown_tag_is_skipped_and_an_unknown_class_is_not) {
    const uint16_t known[] = {0x0901, 0x0902, 0x0903, 0x0910};
    for (uint32_t tag = 0; tag <= UINT16_MAX; ++tag) {
        Buffer buffer{};
        const uint8_t nonsense[] = {0xff, 0xff, 0xff};
        const Error error = refusal_of(one(buffer, static_cast<uint16_t>(tag), nonsense));
        const bool is_known = std::find(std::begin(known), std::end(known), tag) != std::end(known);
        EXPECT_EQ(error == Error{}, !is_known) << tag;
    }
    constexpr uint8_t last[] = {1, 2, 3};
    for (uint16_t i = 0; i < 3; ++i) {
        for (uint32_t byte = 0; byte < 256; ++byte) {
            Buffer buffer{};
            const uint8_t value[] = {static_cast<uint8_t>(byte)};
            const Error expected{ErrorCode::invalid_argument, Field::parameter, byte, last[i]};
            EXPECT_TRUE(refusal_of(one(buffer, static_cast<uint16_t>(0x0901 + i), value)) ==
                        (byte <= last[i] ? Error{} : expected));
        }
        for (size_t length = 0; length < 4; ++length) {
            Buffer buffer{};
            const uint8_t value[4] = {};
            const Error error = refusal_of(
                one(buffer, static_cast<uint16_t>(0x0901 + i), Bytes{value}.first(length)));
            const Error expected{ErrorCode::invalid_argument, Field::length, length, 1};
            EXPECT_TRUE(error == (length == 1 ? Error{} : expected));
        }
    }
}

TEST(Parameters, A_class_that_is_said_twice_is_refused) {
    for (uint16_t tag = 0x0901; tag <= 0x0903; ++tag) {
        Buffer buffer{};
        ParameterWriter writer{buffer};
        const uint8_t zero[] = {0};
        ASSERT_TRUE(writer.put(tag, zero).is_ok());
        ASSERT_TRUE(writer.put(tag, zero).is_ok());
        EXPECT_TRUE((refusal_of(writer.written()) ==
                     Error{ErrorCode::invalid_argument, Field::parameter, tag, 1}));
    }
}

TEST(Parameters, Affinities_are_few_and_well_formed) {
    Buffer buffer{};
    ParameterWriter writer{buffer};
    const uint8_t affinity[] = {5, 1, 0, 0, 0};
    for (size_t count = 1; count <= 5; ++count) {
        ASSERT_TRUE(writer.put(0x0910, affinity).is_ok());
        const Error expected{ErrorCode::capacity_exceeded, Field::parameter, 5, 4};
        EXPECT_TRUE(refusal_of(writer.written()) == (count <= 4 ? Error{} : expected));
    }
    for (uint32_t code = 0; code < 256; ++code) {
        const auto byte = static_cast<uint8_t>(code);
        const uint8_t category[] = {byte, 1, 0, 0, 0};
        const uint8_t strength[] = {1, byte, 0, 0, 0};
        const Error of_category{ErrorCode::invalid_argument, Field::parameter, code, 5};
        const Error of_strength{ErrorCode::invalid_argument, Field::parameter, code, 3};
        EXPECT_TRUE(refusal_of(one(buffer, 0x0910, category)) ==
                    (code >= 1 && code <= 5 ? Error{} : of_category));
        EXPECT_TRUE(refusal_of(one(buffer, 0x0910, strength)) ==
                    (code >= 1 && code <= 3 ? Error{} : of_strength));
    }
    const uint8_t with_target[] = {1, 1, 0, 0, 2, 7, 7};
    for (size_t length = 0; length < sizeof(with_target); ++length) {
        EXPECT_TRUE(
            (refusal_of(one(buffer, 0x0910, Bytes{with_target}.first(length))) ==
             Error{ErrorCode::invalid_argument, Field::length, length, length < 5 ? 5u : 7u}));
    }
}

TEST(Parameters, What_is_cut_is_refused_and_a_request_with_it) {
    Buffer buffer{};
    const uint8_t strict[] = {2};
    const Bytes whole = one(buffer, 0x0902, strict);
    for (size_t length = 1; length < whole.size(); ++length) {
        const Error error = refusal_of(whole.first(length));
        EXPECT_EQ(error.code, ErrorCode::corrupt);
        EXPECT_EQ(error.field, Field::parameter);
        EXPECT_EQ(error.expected, length);
    }
    const std::array<uint8_t, lease::token_bytes_min> token{};
    LeaseAllocRequest request;
    request.token = token;
    request.kind = lease::ResourceKind::memory;
    request.amount_bytes = 1;
    request.ttl = 1_s;
    std::array<uint8_t, 512> out{};
    request.parameters = whole;
    EXPECT_TRUE(encode(request, out).is_ok());
    request.parameters = whole.first(4);
    EXPECT_EQ(encode(request, out).error().field, Field::parameter);
}

} // namespace
} // namespace grafos::wire
