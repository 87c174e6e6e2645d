# SPDX-License-Identifier: Apache-2.0
"""The proof: the exported chain, what it must tell, and the last steps of the tour."""

import collections
import json

import proof
from console import ConsoleError
from machine import MachineError
from node import Node, check, check_equal

ALLOCATED, RENEWED, RELEASED = "lease_allocated", "lease_renewed", "lease_released"
EXPIRED, REVOKED, PREEMPTED = "lease_expired", "lease_revoked", "lease_preempted"


def export_lines(node: Node, first: int = 0) -> list[str]:
    """The chain as it comes over the console: records, then the signed checkpoint."""
    answer = node.run(f"audit export from={first}" if first else "audit export", 60.0)
    check_equal(answer.number("records"), len(answer.raw) - 1, "records exported")
    return answer.raw


def export_records(node: Node, first: int = 0) -> list[dict]:
    return [json.loads(line) for line in export_lines(node, first)[:-1]]


def audit(node: Node) -> str:
    """The chain is exported, verified by a program that shares no code with the node, and tells the
    same story as this tour."""
    head = node.run("audit head")
    shown = head.number("next") - 1
    lines = export_lines(node)
    node.export = node.out / "audit" / f"{node.name}.jsonl"
    node.export.parent.mkdir(parents=True, exist_ok=True)
    node.export.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    node.records = len(lines) - 1
    node.anchor = proof.verify_export(node.root, node.export)
    records = [json.loads(line) for line in lines[:-1]]
    check_equal(records[shown]["current_event_hash"], head.text("hash"),
                f"hash of record {shown} and the head that the console showed")
    told = check_story(node, records)
    node.verified = True
    return f"{node.records} records, anchor {node.anchor[:16]}…, {told} leases as told"


def check_story(node: Node, records: list[dict]) -> int:
    """Each lease's records are those its step told, renewals at least as many."""
    by_lease = collections.defaultdict(list)
    for record in records:
        by_lease[record["lease_ref"]].append(record["kind"])
        check_equal(record["node_id"], node.node_id, f"node_id of record {record['sequence']}")
    for sequence, kind in node.marks:
        check_equal(records[sequence]["kind"], kind, f"kind of record {sequence}")
    for ref, kinds in node.story:
        found = [kind for kind in by_lease[ref] if kind.startswith("lease_")]
        ends = [kind for kind in found if kind != RENEWED]
        told = [kind for kind in kinds if kind != RENEWED]
        check_equal(ends, told, f"records of lease {ref}")
        check(found.count(RENEWED) >= kinds.count(RENEWED),
              f"lease {ref}: {found.count(RENEWED)} renewals, told {kinds.count(RENEWED)}")
    return len(node.story)


def off(node: Node) -> str:
    """The machine ends by itself, with success, and its disk holds the same anchor."""
    node.console.send("off")
    try:
        node.console.collect("off")
    except ConsoleError:
        raise
    except MachineError:
        pass  # ended before the last line was read: the status below decides
    status = node.machine.wait_end(10.0)
    check_equal(status, node.machine.board.success, "exit status")
    return f"exit status {status}, {compare_disk(node)}"


def compare_disk(node: Node) -> str:
    """The disk image holds the exported records, byte for byte; what was sealed after the export (a
    slow turn is a record) follows them."""
    exported = node.export.read_text(encoding="utf-8").splitlines()[:-1]
    on_disk = proof.records_on_disk(node.root, node.machine.disk)
    check(on_disk[:len(exported)] == exported, "the disk image does not hold the exported records")
    last = json.loads(on_disk[-1])["current_event_hash"]
    check_equal(proof.anchor_on_disk(node.root, node.machine.disk), last, "anchor on the disk image")
    later = len(on_disk) - len(exported)
    return f"the disk image holds the same {len(exported)} records" + (f" and {later} later"
                                                                     if later else "")
