// SPDX-License-Identifier: Apache-2.0
/// The text between the values is written down once, for both directions.
#include "core/lease/audit/jsonl.hpp"

#include "core/base/text.hpp"

namespace grafos::lease {
namespace {

namespace before {
constexpr std::string_view previous_hash{"{\"prev_event_hash\":\""};
constexpr std::string_view sequence{"\",\"sequence\":\""};
constexpr std::string_view timestamp{"\",\"timestamp_unix_ms\":\""};
constexpr std::string_view node_id{"\",\"node_id\":\""};
constexpr std::string_view boot{"\",\"boot\":\""};
constexpr std::string_view kind{"\",\"kind\":\""};
constexpr std::string_view kind_code{"\",\"kind_code\":"};
constexpr std::string_view identity{",\"identity\":\""};
constexpr std::string_view tenant{"\",\"tenant\":"};
constexpr std::string_view lease_ref{",\"lease_ref\":\""};
constexpr std::string_view resource_id{"\",\"resource_id\":\""};
constexpr std::string_view epoch{"\",\"epoch\":\""};
constexpr std::string_view reason{"\",\"reason\":\""};
constexpr std::string_view reason_code{"\",\"reason_code\":"};
constexpr std::string_view event_data{",\"event_data\":\""};
constexpr std::string_view current_hash{"\",\"current_event_hash\":\""};
constexpr std::string_view checkpoint{"{\"checkpoint\":true"};
constexpr std::string_view head_node_id{",\"node_id\":\""};
constexpr std::string_view signature{"\",\"signature\":\""};
constexpr std::string_view end{"\"}"};
} // namespace before

constexpr size_t decimal_digits_max = 20;
constexpr size_t name_chars_max = 32;

constexpr size_t record_line_bytes_max =
    before::previous_hash.size() + before::sequence.size() + before::timestamp.size() +
    before::node_id.size() + before::boot.size() + before::kind.size() + before::kind_code.size() +
    before::identity.size() + before::tenant.size() + before::lease_ref.size() +
    before::resource_id.size() + before::epoch.size() + before::reason.size() +
    before::reason_code.size() + before::event_data.size() + before::current_hash.size() +
    before::end.size() + 7 * decimal_digits_max + 2 * name_chars_max + 2 * 3 * Digest::size_bytes +
    2 * (LeaseRef::size_bytes + ResourceId::size_bytes) +
    2 * (limits::identity_bytes_max + limits::event_data_bytes_max);
static_assert(record_line_bytes_max <= jsonl_line_bytes_max);
static_assert(NodeId::size_bytes == Digest::size_bytes);

[[nodiscard]] Result<> check_room(std::span<char> to) noexcept {
    if (to.size() < jsonl_line_bytes_max) {
        return Error{ErrorCode::capacity_exceeded, Field::length, jsonl_line_bytes_max, to.size()};
    }
    return ok();
}

/// Walks the one accepted spelling. The first thing that is wrong is kept, and all later answers
/// are empty, so that the caller asks once at the end. Out of line, since a line has thirty steps
/// and clang would write each of them out (14 KB instead of 5).
class Cursor {
public:
    explicit Cursor(std::string_view line) noexcept : line_{line} {}

    /// `text` stands here.
    [[gnu::noinline]] void expect(std::string_view text, Field field) noexcept;
    /// Everything up to the next quote, at most `most` characters.
    [[nodiscard, gnu::noinline]] std::string_view text(size_t most, Field field) noexcept;
    [[nodiscard, gnu::noinline]] uint64_t decimal(uint64_t most, Field field) noexcept;
    /// Exactly `to.size()` bytes.
    [[gnu::noinline]] void hex(MutableBytes to, Field field) noexcept;
    /// Up to `most.size()` bytes; answers those that are there.
    [[nodiscard]] Bytes hex_up_to(MutableBytes most, Field field) noexcept;

    void fail(const Error& error) noexcept {
        if (is_ok_) {
            is_ok_ = false;
            error_ = error;
        }
    }
    /// Nothing may be left.
    [[nodiscard]] Result<> finish() noexcept;

private:
    [[nodiscard]] std::string_view rest() const noexcept {
        return {line_.data() + offset_, line_.size() - offset_};
    }
    [[gnu::noinline]] void take_hex(std::string_view digits, MutableBytes to, Field field) noexcept;

    std::string_view line_;
    size_t offset_ = 0; ///< at most line_.size()
    Error error_{};
    bool is_ok_ = true;
};

void Cursor::expect(std::string_view text, Field field) noexcept {
    if (is_ok_ && rest().starts_with(text)) {
        offset_ += text.size();
        return;
    }
    fail({ErrorCode::corrupt, field, offset_, text.size()});
}

std::string_view Cursor::text(size_t most, Field field) noexcept {
    const std::string_view line = rest();
    size_t size = 0;
    while (size < line.size() && line[size] != '"') {
        ++size;
    }
    if (!is_ok_ || size == line.size()) {
        fail({ErrorCode::corrupt, field, offset_, most});
        return {};
    }
    if (size > most) {
        fail({ErrorCode::capacity_exceeded, field, size, most});
        return {};
    }
    offset_ += size;
    return {line.data(), size};
}

uint64_t Cursor::decimal(uint64_t most, Field field) noexcept {
    const std::string_view line = rest();
    size_t size = 0;
    while (size < line.size() && size <= decimal_digits_max && line[size] >= '0' &&
           line[size] <= '9') {
        ++size;
    }
    if (!is_ok_ || size == 0 || (size > 1 && line[0] == '0')) {
        fail({ErrorCode::corrupt, field, offset_, 1});
        return 0;
    }
    const Result<uint64_t> value = parse_decimal({line.data(), size}, most, field);
    if (!value.is_ok()) {
        fail(value.error());
        return 0;
    }
    offset_ += size;
    return value.value();
}

void Cursor::take_hex(std::string_view digits, MutableBytes to, Field field) noexcept {
    for (const char digit : digits) {
        if (digit >= 'A' && digit <= 'F') { // the parser would take it; the one spelling does not
            fail({ErrorCode::invalid_argument, field, static_cast<uint8_t>(digit), 'f'});
        }
    }
    const Result<> parsed = parse_hex(digits, to, field);
    if (!parsed.is_ok()) {
        fail(parsed.error());
    }
}

void Cursor::hex(MutableBytes to, Field field) noexcept {
    take_hex(text(2 * to.size(), field), to, field);
}

Bytes Cursor::hex_up_to(MutableBytes most, Field field) noexcept {
    const std::string_view digits = text(2 * most.size(), field);
    const MutableBytes to = most.first(digits.size() / 2);
    take_hex(digits, to, field); // an odd count fails here
    return to;
}

Result<> Cursor::finish() noexcept {
    if (is_ok_ && offset_ != line_.size()) {
        fail({ErrorCode::corrupt, Field::json, offset_, line_.size() - offset_});
    }
    GRAFOS_ASSERT(offset_ <= line_.size());
    if (!is_ok_) {
        return error_;
    }
    return ok();
}

/// A name and its number; `decode` answers the enum if the number exists.
template <typename Enum>
[[nodiscard]] Enum take_enum(Cursor& in, std::string_view before_name, std::string_view before_code,
                             Field name_field, Field code_field,
                             Result<Enum> (*decode)(uint16_t) noexcept) noexcept {
    in.expect(before_name, name_field);
    const std::string_view name = in.text(name_chars_max, name_field);
    in.expect(before_code, code_field);
    const auto code = static_cast<uint16_t>(in.decimal(UINT16_MAX, code_field));
    const Result<Enum> value = decode(code);
    if (!value.is_ok()) {
        in.fail(value.error());
        return {};
    }
    if (name_of(value.value()) != name) {
        in.fail({ErrorCode::invalid_argument, name_field, code, code});
    }
    return value.value();
}

[[nodiscard]] Result<JsonLine> decode_record_line(std::string_view line,
                                                  MutableBytes canonical) noexcept {
    std::array<uint8_t, limits::identity_bytes_max> identity;
    std::array<uint8_t, limits::event_data_bytes_max> event_data;
    Cursor in{line};
    RecordPlace place;
    AuditEvent event;
    Digest current;
    in.expect(before::previous_hash, Field::previous_hash);
    in.hex(place.previous_hash.bytes, Field::previous_hash);
    in.expect(before::sequence, Field::sequence);
    place.sequence.value = in.decimal(UINT64_MAX, Field::sequence);
    in.expect(before::timestamp, Field::timestamp);
    event.timestamp.ms = in.decimal(UINT64_MAX, Field::timestamp);
    in.expect(before::node_id, Field::node_id);
    in.hex(place.node_id.bytes, Field::node_id);
    in.expect(before::boot, Field::boot);
    place.boot.value = in.decimal(UINT64_MAX, Field::boot);
    event.kind = take_enum<EventKind>(in, before::kind, before::kind_code, Field::kind,
                                      Field::kind_code, event_kind_of);
    in.expect(before::identity, Field::identity);
    event.identity = in.hex_up_to(identity, Field::identity);
    in.expect(before::tenant, Field::tenant);
    event.tenant.value = static_cast<uint32_t>(in.decimal(UINT32_MAX, Field::tenant));
    in.expect(before::lease_ref, Field::lease_ref);
    in.hex(event.lease_ref.bytes, Field::lease_ref);
    in.expect(before::resource_id, Field::resource_id);
    in.hex(event.resource_id.bytes, Field::resource_id);
    in.expect(before::epoch, Field::epoch);
    event.epoch.value = in.decimal(UINT64_MAX, Field::epoch);
    event.reason = take_enum<Reason>(in, before::reason, before::reason_code, Field::reason,
                                     Field::reason_code, reason_of_code);
    in.expect(before::event_data, Field::event_data);
    event.event_data = in.hex_up_to(event_data, Field::event_data);
    in.expect(before::current_hash, Field::hash);
    in.hex(current.bytes, Field::hash);
    in.expect(before::end, Field::json);
    GRAFOS_TRY(in.finish());

    GRAFOS_ASSERT(check_event(event).is_ok());
    const size_t size = encode_record(event, place, canonical);
    JsonLine decoded;
    decoded.kind = JsonLine::Kind::record;
    decoded.canonical = canonical.first(size);
    decoded.current_event_hash = current;
    return decoded;
}

[[nodiscard]] Result<JsonLine> decode_head_line(std::string_view line) noexcept {
    Cursor in{line};
    JsonLine decoded;
    decoded.kind = JsonLine::Kind::head;
    SignedHead& head = decoded.head;
    in.expect(before::checkpoint, Field::checkpoint);
    in.expect(before::head_node_id, Field::node_id);
    in.hex(head.node_id.bytes, Field::node_id);
    in.expect(before::sequence, Field::sequence);
    head.sequence.value = in.decimal(UINT64_MAX, Field::sequence);
    in.expect(before::current_hash, Field::hash);
    in.hex(head.current_event_hash.bytes, Field::hash);
    in.expect(before::signature, Field::signature);
    in.hex(head.signature.bytes, Field::signature);
    in.expect(before::end, Field::json);
    GRAFOS_TRY(in.finish());
    return decoded;
}

} // namespace

Result<std::string_view> encode_json_record(Bytes canonical, const Digest& current,
                                            std::span<char> to) noexcept {
    GRAFOS_TRY(check_room(to));
    GRAFOS_TRY_ASSIGN(const RecordView view, decode_record(canonical));
    const AuditEvent& event = view.event;
    TextWriter out{to};
    out.put(before::previous_hash).put_hex(view.place.previous_hash.view());
    out.put(before::sequence).put(view.place.sequence.value);
    out.put(before::timestamp).put(event.timestamp.ms);
    out.put(before::node_id).put_hex(view.place.node_id.view());
    out.put(before::boot).put(view.place.boot.value);
    out.put(before::kind).put(name_of(event.kind));
    out.put(before::kind_code).put(static_cast<uint64_t>(event.kind));
    out.put(before::identity).put_hex(event.identity);
    out.put(before::tenant).put(uint64_t{event.tenant.value});
    out.put(before::lease_ref).put_hex(event.lease_ref.view());
    out.put(before::resource_id).put_hex(event.resource_id.view());
    out.put(before::epoch).put(event.epoch.value);
    out.put(before::reason).put(name_of(event.reason));
    out.put(before::reason_code).put(static_cast<uint64_t>(event.reason));
    out.put(before::event_data).put_hex(event.event_data);
    out.put(before::current_hash).put_hex(current.view());
    out.put(before::end);
    GRAFOS_ASSERT(!out.is_cut());
    return out.text();
}

Result<std::string_view> encode_json_head(const SignedHead& head, std::span<char> to) noexcept {
    GRAFOS_TRY(check_room(to));
    TextWriter out{to};
    out.put(before::checkpoint).put(before::head_node_id).put_hex(head.node_id.view());
    out.put(before::sequence).put(head.sequence.value);
    out.put(before::current_hash).put_hex(head.current_event_hash.view());
    out.put(before::signature).put_hex(head.signature.view());
    out.put(before::end);
    GRAFOS_ASSERT(!out.is_cut());
    return out.text();
}

Result<JsonLine> decode_json_line(std::string_view line, MutableBytes canonical) noexcept {
    GRAFOS_ASSERT(canonical.size() >= limits::record_bytes_max);
    if (line.size() > jsonl_line_bytes_max) {
        return Error{ErrorCode::capacity_exceeded, Field::line, line.size(), jsonl_line_bytes_max};
    }
    if (line.starts_with(before::checkpoint)) {
        return decode_head_line(line);
    }
    return decode_record_line(line, canonical);
}

} // namespace grafos::lease
