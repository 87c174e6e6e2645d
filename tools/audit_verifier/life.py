# SPDX-License-Identifier: Apache-2.0
"""What a chain must tell besides being whole (core/PROTOCOL.md §10.2, §10.6, §10.7).

One grant a lease; renewals that raise its generation by one; exactly one end, or a later boot; nothing
after. Units belong to at most one live lease, and to none while they are fenced; epochs of grants and
clears rise, node-wide and so per unit. Fences and clears match one to one.
"""

import bisect
import dataclasses

from record import Problem, REASONS_OF, Record

NONE16 = bytes(16)
ENDS = frozenset({"lease_released", "lease_expired", "lease_revoked", "lease_preempted"})


@dataclasses.dataclass
class Lease:
    resource_id: bytes
    tenant: int
    epoch: int
    first: int
    end: int
    generation: int = 0
    ended_by: str = ""


class Intervals:
    """Disjoint runs of units, each with a value."""

    def __init__(self):
        self._starts = []
        self._runs = []  # (first, end, value), sorted

    def over(self, first: int, end: int) -> list:
        at = bisect.bisect_right(self._starts, first)
        at = at - 1 if at > 0 and self._runs[at - 1][1] > first else at
        found = []
        while at < len(self._runs) and self._runs[at][0] < end:
            found.append(self._runs[at])
            at += 1
        return found

    def clear(self, first: int, end: int) -> None:
        for run in self.over(first, end):
            at = bisect.bisect_left(self._starts, run[0])
            pieces = [piece for piece in ((run[0], min(run[1], first), run[2]),
                                          (max(run[0], end), run[1], run[2])) if piece[0] < piece[1]]
            self._runs[at:at + 1] = pieces
            self._starts[at:at + 1] = [piece[0] for piece in pieces]

    def set(self, first: int, end: int, value) -> None:
        self.clear(first, end)
        at = bisect.bisect_left(self._starts, first)
        self._runs.insert(at, (first, end, value))
        self._starts.insert(at, first)

    def of(self, value) -> list:
        return [(run[0], run[1]) for run in self._runs if run[2] == value]


class Life:
    def __init__(self, knows_all: bool):
        self.knows_all = knows_all  # from genesis; else leases and fences may be older than the export
        self.leases = {}            # ref -> Lease
        self.live = {}              # resource -> Intervals of refs
        self.fenced = {}            # resource -> Intervals of fence sequences
        self.open_fences = {}       # fence sequence -> resource
        self.closed_fences = {}     # fence sequence -> how it ended
        self.epoch = None           # of the last grant or clear
        self.hashes = {}            # sequence -> hash, for trims
        self.counts = {"boots": 0, "leases": 0, "ended": 0, "ended_by_boot": 0, "fences": 0,
                       "clears": 0}

    def take(self, record: Record) -> None:
        data = record.data()
        allowed = REASONS_OF.get(record.kind)
        if allowed is not None and record.reason_code not in allowed:
            raise Problem("reason", f"{record.reason} is no reason for {record.kind}")
        if record.kind == "boot":
            self._boot(record, data)
        elif record.kind == "lease_allocated":
            self._grant(record, data)
        elif record.kind == "lease_renewed":
            self._renew(record, data)
        elif record.kind in ENDS:
            self._end(record, data)
        elif record.kind == "resource_fenced":
            self._fence(record, data)
        elif record.kind == "fence_cleared":
            self._clear(record, data)
        elif record.kind == "state_adopted":
            self._rise(record, data["epoch_floor"], "event_data", is_floor=True)
        elif record.kind == "log_trimmed":
            self._trim(record, data)
        self.hashes[record.sequence] = record.current_event_hash

    @property
    def live_count(self) -> int:
        return sum(1 for lease in self.leases.values() if not lease.ended_by)

    # --- leases -----------------------------------------------------------------------------------

    def _boot(self, record, data):
        self.counts["boots"] += 1
        if record.sequence == 0 and record.reason != "first_boot":
            raise Problem("reason", f"{record.reason} at the first record")
        if data["previous_boot"] >= record.boot:
            raise Problem("event_data", f"previous_boot: got {data['previous_boot']}, "
                          f"expected less than {record.boot}")
        for lease in self.leases.values():
            if not lease.ended_by:
                lease.ended_by = f"boot {record.boot}"
                self.counts["ended_by_boot"] += 1
        self.live = {}
        self.knows_all = True  # of leases: all older ones are over

    def _grant(self, record, data):
        if record.lease_ref == NONE16:
            raise Problem("lease_ref", "a grant without a lease")
        if record.lease_ref in self.leases:
            raise Problem("lease_ref", f"{record.lease_ref.hex()} was granted before")
        first, end = self._extent(data)
        resource = record.resource_id
        for run in self.live.setdefault(resource, Intervals()).over(first, end):
            raise Problem("event_data", f"unit {max(first, run[0])} still belongs to {run[2].hex()}")
        for run in self.fenced.setdefault(resource, Intervals()).over(first, end):
            raise Problem("event_data", f"unit {max(first, run[0])} is fenced by record {run[2]}")
        self._rise(record, record.epoch, "epoch")
        self.live[resource].set(first, end, record.lease_ref)
        self.leases[record.lease_ref] = Lease(resource, record.tenant, record.epoch, first, end)
        self.counts["leases"] += 1

    def _find(self, record):
        """The live lease of this record; None if it may be older than the export."""
        lease = self.leases.get(record.lease_ref)
        if lease is None:
            if not self.knows_all and record.lease_ref != NONE16:
                return None
            raise Problem("lease_ref", f"{record.kind} of {record.lease_ref.hex()}, which was never "
                          "granted")
        if lease.ended_by:
            raise Problem("lease_ref", f"{record.kind} of {record.lease_ref.hex()} after its end by "
                          f"{lease.ended_by}")
        for name in ("resource_id", "tenant", "epoch"):
            if getattr(record, name) != getattr(lease, name):
                raise Problem(name, f"is not that of the grant of {record.lease_ref.hex()}")
        return lease

    def _renew(self, record, data):
        lease = self._find(record)
        if lease is None:
            return
        if data["generation"] != lease.generation + 1:
            raise Problem("event_data", f"generation: got {data['generation']}, "
                          f"expected {lease.generation + 1}")
        lease.generation += 1

    def _end(self, record, data):
        lease = self._find(record)
        if lease is None:
            return
        if data["generation"] != lease.generation:
            raise Problem("event_data", f"generation: got {data['generation']}, "
                          f"expected {lease.generation}")
        if self._extent(data) != (lease.first, lease.end):
            raise Problem("event_data", "not the units of the grant")
        lease.ended_by = f"record {record.sequence}"
        self.live[lease.resource_id].clear(lease.first, lease.end)
        self.counts["ended"] += 1

    # --- fences and epochs ------------------------------------------------------------------------

    def _fence(self, record, data):
        first, end = self._extent(data)
        resource = record.resource_id
        for run in self.live.setdefault(resource, Intervals()).over(first, end):
            raise Problem("event_data", f"unit {max(first, run[0])} belongs to {run[2].hex()}, "
                          "which has not ended")
        lease = self.leases.get(record.lease_ref)
        if lease is not None and (resource != lease.resource_id or first < lease.first
                                  or end > lease.end):
            raise Problem("event_data", f"not units of {record.lease_ref.hex()}")
        fenced = self.fenced.setdefault(resource, Intervals())
        older = {run[2] for run in fenced.over(first, end)}
        fenced.set(first, end, record.sequence)
        for fence in older:  # a clear that failed: the new fence stands for the old one
            if not fenced.of(fence):
                self.closed_fences[fence] = f"record {record.sequence}"
                del self.open_fences[fence]
        self.open_fences[record.sequence] = resource
        self.counts["fences"] += 1

    def _clear(self, record, data):
        fence = data["fence"]
        first, end = self._extent(data)
        self._rise(record, record.epoch, "epoch")
        self.counts["clears"] += 1
        if fence in self.closed_fences:
            raise Problem("event_data", f"fence {fence} was already ended by "
                          f"{self.closed_fences[fence]}")
        if fence not in self.open_fences:
            if fence in self.hashes or fence >= record.sequence:
                raise Problem("event_data", f"record {fence} is no fence")
            return  # older than the export
        resource = self.open_fences[fence]
        if resource != record.resource_id:
            raise Problem("resource_id", f"is not that of fence {fence}")
        if self.fenced[resource].of(fence) != [(first, end)]:
            raise Problem("event_data", f"not the units of fence {fence}")
        self.fenced[resource].clear(first, end)
        self.closed_fences[fence] = f"record {record.sequence}"
        del self.open_fences[fence]

    def _rise(self, record, epoch, field, is_floor=False):
        if epoch == 0 and not is_floor:
            raise Problem(field, f"0 is no epoch for {record.kind}")
        if self.epoch is not None and (epoch < self.epoch or (epoch == self.epoch and not is_floor)):
            raise Problem(field, f"got {epoch}, expected above {self.epoch}")
        self.epoch = epoch

    def _trim(self, record, data):
        if data["last"] >= record.sequence:
            raise Problem("event_data", f"last: got {data['last']}, expected below {record.sequence}")
        known = self.hashes.get(data["last"])
        if known is not None and known != data["hash"]:
            raise Problem("event_data", f"hash: not that of record {data['last']}")

    @staticmethod
    def _extent(data):
        return data["first_unit"], data["first_unit"] + data["unit_count"]
