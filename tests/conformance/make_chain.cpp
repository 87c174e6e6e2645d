// SPDX-License-Identifier: Apache-2.0
/// Prints a good chain, as the core seals, signs and spells it: the input of audit_verify_test.py.
/// Every kind of event stands in it; leases end in each of the five ways; fences are renewed by a
/// failed clear, survive a restart and are cleared.
#include <cstdio>

#include "core/base/text.hpp"
#include "core/lease/audit/event_data.hpp"
#include "core/lease/audit/jsonl.hpp"

namespace grafos::lease {
namespace {

constexpr ResourceId no_resource{};
constexpr uint64_t lease_units = 4;
constexpr UnixMillis start{1'700'000'000'000};
constexpr TenantId tenant{7};
constexpr uint8_t tenant_identity[] = {'a', 'l', 'i', 'c', 'e'};
constexpr uint8_t operator_identity[] = {'o', 'p'};

template <typename Name>
[[nodiscard]] Name filled(uint8_t byte) {
    Name name;
    name.bytes.fill(byte);
    return name;
}

struct Lease {
    LeaseRef ref{};
    Epoch epoch{};
    Generation generation{};
    Extent extent{};
};

/// Writes lines as things happen.
class Story {
public:
    explicit Story(const Signer& signer) : signer_{signer} {}

    void boot(Reason reason, bool has_epitaph) {
        const BootNumber previous = boot_;
        ++boot_.value;
        BootData data{previous, WallSource::argument, has_epitaph, {}};
        data.epitaph.boot = previous.value;
        data.epitaph.cause = 14ull << 32;
        AuditEvent event = event_of(EventKind::boot, reason, encode_data(data));
        event.epoch = epoch_;
        say(event);
    }
    [[nodiscard]] Lease grant(uint64_t first_unit) {
        ++epoch_.value;
        ++leases_;
        Lease lease{filled<LeaseRef>(leases_), epoch_, {0}, {first_unit, lease_units}};
        say(event_about(
            lease, EventKind::lease_allocated, Reason::none,
            encode_data(AllocatedData{
                ResourceKind::memory, lease.extent, lease_units * 4096 - 1, {60'000}})));
        return lease;
    }
    void renew(Lease& lease) {
        ++lease.generation.value;
        say(event_about(lease, EventKind::lease_renewed, Reason::none,
                        encode_data(RenewedData{lease.generation, {60'000}})));
    }
    void end(const Lease& lease, EventKind kind, Reason reason) {
        say(event_about(lease, kind, reason,
                        encode_data(EndData{lease.generation, lease.extent, {0}, 0})));
    }
    [[nodiscard]] Sequence fence(const Lease& lease, Reason reason) {
        const Sequence name = anchor_.next;
        say(event_about(lease, EventKind::resource_fenced, reason,
                        encode_data(FencedData{lease.extent, 5})));
        return name;
    }
    void clear(const Lease& lease, Sequence fence) {
        ++epoch_.value;
        AuditEvent event = event_of(EventKind::fence_cleared, Reason::operator_request,
                                    encode_data(ClearedData{fence, lease.extent}));
        event.identity = operator_identity;
        event.resource_id = memory_;
        event.epoch = epoch_;
        say(event);
    }
    void note() {
        say(event_of(EventKind::request_refused, reason_of(ErrorCode::denied),
                     encode_data(RefusedData{Operation::revoke, Field::role, 0, 1, 2})));
        say(event_of(EventKind::turn_overrun, Reason::none, encode_data(OverrunData{{9}, {5}})));
        say(event_of(EventKind::edge_rewritten, Reason::none, EventData{{1, 2, 3}, 3}));
        say(event_of(EventKind::log_trimmed, Reason::operator_request,
                     encode_data(TrimmedData{{0}, first_hash_})));
        epoch_.value += 100;
        say(event_of(EventKind::state_adopted, Reason::operator_request,
                     encode_data(AdoptedData{epoch_})));
    }
    void sign() {
        const Result<SignedHead> head = sign_anchor(anchor_, signer_);
        print(encode_json_head(head.value(), line_));
    }

private:
    [[nodiscard]] AuditEvent event_of(EventKind kind, Reason reason, const EventData& data) {
        AuditEvent event;
        data_ = data;
        event.kind = kind;
        event.reason = reason;
        event.resource_id = no_resource;
        event.event_data = data_.view();
        return event;
    }
    [[nodiscard]] AuditEvent event_about(const Lease& lease, EventKind kind, Reason reason,
                                         const EventData& data) {
        AuditEvent event = event_of(kind, reason, data);
        event.identity = tenant_identity;
        event.tenant = tenant;
        event.lease_ref = lease.ref;
        event.resource_id = memory_;
        event.epoch = lease.epoch;
        return event;
    }
    void say(AuditEvent event) {
        event.timestamp = {start.ms + 3 * anchor_.next.value};
        ChainAssembler assembler{anchor_, boot_, signer_};
        const Result<AuditRecord> record = assembler.seal(event, bytes_);
        if (anchor_.next.value == 0) {
            first_hash_ = record.value().current_event_hash;
        }
        anchor_ = assembler.head();
        print(
            encode_json_record(record.value().canonical, record.value().current_event_hash, line_));
    }
    void print(const Result<std::string_view>& line) {
        const std::string_view text = line.value();
        std::printf("%.*s\n", static_cast<int>(text.size()), text.data());
    }

    const Signer& signer_;
    const ResourceId memory_ = filled<ResourceId>('M');
    BootNumber boot_{};
    Epoch epoch_{};
    Anchor anchor_{};
    Digest first_hash_{};
    uint8_t leases_ = 0;
    EventData data_{};
    std::array<uint8_t, limits::record_bytes_max> bytes_{};
    std::array<char, jsonl_line_bytes_max> line_{};
};

void tell(Story& story) {
    story.boot(Reason::first_boot, false);
    Lease released = story.grant(0);
    Lease expired = story.grant(4);
    story.renew(released);
    story.renew(released);
    story.end(released, EventKind::lease_released, Reason::holder_request);
    const Lease reused = story.grant(0);
    story.renew(expired);
    story.end(expired, EventKind::lease_expired, Reason::ttl_elapsed);
    story.end(reused, EventKind::lease_revoked, Reason::authority_request);
    const Sequence first_fence = story.fence(reused, Reason::not_drained);
    const Sequence second_fence = story.fence(expired, Reason::device_refused);
    story.clear(reused, first_fence);
    const Lease preempted = story.grant(0);
    story.end(preempted, EventKind::lease_preempted, Reason::maintenance_window);
    const Sequence third_fence = story.fence(expired, Reason::device_refused); // a clear failed
    static_cast<void>(second_fence);
    story.note();
    static_cast<void>(story.grant(8)); // ended by the restart
    story.boot(Reason::restart_after_epitaph, true);
    story.clear(expired, third_fence);
    Lease last = story.grant(4);
    story.renew(last);
    story.sign();
}

} // namespace
} // namespace grafos::lease

int main() {
    grafos::crypto::IdentitySecrets secrets{};
    for (size_t i = 0; i < secrets.signing_seed.size(); ++i) {
        secrets.signing_seed[i] = static_cast<uint8_t>(i);
    }
    grafos::crypto::Identity identity;
    identity.start(secrets);
    const grafos::lease::IdentitySigner signer{identity};
    grafos::lease::Story story{signer};
    grafos::lease::tell(story);
    return 0;
}
