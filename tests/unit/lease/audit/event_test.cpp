// SPDX-License-Identifier: Apache-2.0
#include "core/lease/audit/event.hpp"

#include "tests/testkit/test.hpp"

namespace grafos::lease {
namespace {

constexpr uint32_t codes_end = 65536;

TEST(AuditEvent, Exactly_the_fourteen_kinds_have_numbers) {
    for (uint32_t code = 0; code < codes_end; ++code) {
        const Result<EventKind> kind = event_kind_of(static_cast<uint16_t>(code));
        ASSERT_EQ(kind.is_ok(), code >= 1 && code <= 14) << code;
        if (kind.is_ok()) {
            EXPECT_EQ(static_cast<uint32_t>(kind.value()), code);
        } else {
            EXPECT_TRUE(
                (kind.error() == Error{ErrorCode::invalid_argument, Field::kind_code, code, 14}))
                << code;
        }
    }
}

TEST(AuditEvent, Each_kind_has_a_name_of_its_own_and_no_other_number_has_one) {
    for (uint32_t code = 0; code < codes_end; ++code) {
        const std::string_view name = name_of(static_cast<EventKind>(code));
        ASSERT_EQ(name == "unknown", !event_kind_of(static_cast<uint16_t>(code)).is_ok()) << code;
    }
    for (uint16_t a = 1; a <= 14; ++a) {
        for (uint16_t b = 1; b < a; ++b) {
            EXPECT_TRUE(name_of(static_cast<EventKind>(a)) != name_of(static_cast<EventKind>(b)));
        }
    }
}

[[nodiscard]] bool is_reason(uint32_t code) {
    return code <= 10 || (code >= 16 && code <= 25) || (code > 256 && code <= 256 + 21);
}

TEST(AuditEvent, Exactly_the_closed_set_of_reasons_has_numbers) {
    for (uint32_t code = 0; code < codes_end; ++code) {
        const Result<Reason> reason = reason_of_code(static_cast<uint16_t>(code));
        ASSERT_EQ(reason.is_ok(), is_reason(code)) << code;
        if (reason.is_ok()) {
            EXPECT_EQ(static_cast<uint32_t>(reason.value()), code);
        } else {
            EXPECT_TRUE(reason.error().code == ErrorCode::invalid_argument);
            EXPECT_TRUE(reason.error().field == Field::reason_code);
            EXPECT_EQ(reason.error().value, code);
        }
    }
}

TEST(AuditEvent, Each_reason_has_a_name_of_its_own_and_no_other_number_has_one) {
    for (uint32_t code = 0; code < codes_end; ++code) {
        ASSERT_EQ(name_of(static_cast<Reason>(code)) == "unknown", !is_reason(code)) << code;
    }
    for (uint32_t a = 0; a < 512; ++a) {
        for (uint32_t b = 0; b < a; ++b) {
            if (is_reason(a) && is_reason(b)) {
                ASSERT_TRUE(name_of(static_cast<Reason>(a)) != name_of(static_cast<Reason>(b)))
                    << a << " and " << b;
            }
        }
    }
}

TEST(AuditEvent, A_refusal_is_named_after_its_error_code) {
    for (uint16_t number = 1; number <= error_code_count; ++number) {
        const auto code = static_cast<ErrorCode>(number);
        const std::string_view name = name_of(reason_of(code));
        ASSERT_TRUE(name.starts_with("refused_")) << number;
        EXPECT_TRUE(name.substr(8) == name_of(code)) << number;
        EXPECT_EQ(static_cast<uint32_t>(reason_of(code)), 256u + number);
    }
}

} // namespace
} // namespace grafos::lease
