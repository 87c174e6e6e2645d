# SPDX-License-Identifier: Apache-2.0
"""The two acts of a run on a fabric.

First: the servers take what the clients say, one of them is cut off from all others while they work,
the cut heals, and main finds the same value everywhere, the largest that any of them held. Second: an
operator revokes the lease under one server's counter; that server stops, its node goes on, and the
chain of every node tells of its lease. With --durable, where the counter is not on its server's node,
that machine loses its power instead, and its server comes back with all it had.
"""

import json
import time

import chain
import proof
from node import check, check_equal
from story import judge

CUT_AFTER = 5            # requests of the first client of whom is cut off
CUT_S = 1.5              # longer than a call waits
CUT_REQUESTS = 10        # of each client, so that some are still to come when the cut is there
CUT_CALL_MS = 1_200      # a call waits at most so long
REQUEST_MS = 12          # there and back over the relay, in the mean
WORKING_S = 20.0
VERDICT_S = 60.0         # on top of main's waits
STOP_S = 15.0


def is_cut(settings, options) -> bool:
    """Whether a server is cut off: somebody has to be at work, and there has to be somebody else."""
    return settings.num_clients > 0 and settings.num_servers > 1 and not options.no_partition


def first_act(machines, trace, options) -> dict:
    """Until the verdict. What it was like; raises CheckFailed."""
    settings = machines.settings
    report: dict = {"cut": None}
    machines.start()
    if is_cut(settings, options):
        report["cut"] = cut_one_off(machines, trace)
    bound = VERDICT_S + (settings.first_wait_ms + settings.second_wait_ms) / 1000
    check(trace.wait(lambda seen: seen.has_verdict(), bound), f"no verdict within {bound:.0f} s")
    check(trace.wait(lambda seen: seen.notice(machines.host.name) != "started", STOP_S),
          f"the clients' program did not end within {STOP_S:.0f} s")
    done = judge(trace, settings)
    report |= {"value": trace.verdict(), "largest": done.largest, "requests": done.requests,
               "timed_out": done.timed_out, "refused": done.refused, "broken": done.broken}
    check(not done.broken, "; ".join(done.broken[:3]))
    check_equal(trace.notice(machines.host.name), "ended", "the clients' program")
    if report["cut"]:
        check(done.timed_out > 0, "nobody timed out: the cut was not felt")
    return report


def cut_one_off(machines, trace) -> dict:
    """The second server (with one client: the first, which is that client's), while its clients and
    the others' are at work."""
    number = min(2, machines.settings.num_clients)
    node = machines.servers[number - 1]
    start = f"[client-{number}] "
    check(trace.wait(lambda seen: seen.count(start) > CUT_AFTER, WORKING_S),
          f"{start.strip()} sent no {CUT_AFTER} requests within {WORKING_S:.0f} s")
    machines.cut(node)
    began = time.monotonic()
    time.sleep(CUT_S)
    machines.heal(node)
    cut = machines.packets_cut(node)
    check(cut > 0, f"no packet of {node.name} met the cut")
    return {"server": number, "node": node.name, "packets": cut,
            "ms": round((time.monotonic() - began) * 1000)}


def second_act(machines, trace) -> dict:
    """The second server's lease is revoked over the network (the only one's, if it is alone)."""
    number = min(2, len(machines.servers))
    node = machines.servers[number - 1]
    lease = memory_lease(machines, node)
    machines.cli.run(node.name, "lease", "revoke", lease["ref"])
    line = f"[server-{number}] Stopped: revoked"
    check(trace.wait(lambda seen: seen.has(line, node.name), STOP_S),
          f"'{line}' was not said within {STOP_S:.0f} s")
    check(trace.wait(lambda seen: seen.notice(node.name) != "started", STOP_S),
          f"the program on {node.name} did not end")
    check_equal(node.run("readiness").words.get("state"), "ready",
                f"{node.name} after its program has stopped")
    return {"server": number, "node": node.name, "ref": lease["ref"], "line": line}


def crash_act(machines, trace, value: int) -> dict:
    """The second server's machine loses its power and is started again; its counter comes back from
    the leased blocks of the others."""
    number = min(2, len(machines.servers))
    node = machines.servers[number - 1]
    node.restart()
    start = f"[server-{number}] Recovered "
    check(trace.wait(lambda seen: seen.count(start) > 0, STOP_S),
          f"server-{number} recovered nothing within {STOP_S:.0f} s")
    line = next(line for _, _, line in trace.lines if line.startswith(start))
    check_equal(line, f"{start}{value}", "what came back")
    wait_leases(node, len(machines.servers) - 1)
    return {"server": number, "node": node.name, "line": line, "boot": node.boot}


def wait_leases(node, count: int) -> None:
    """Until the others have leased blocks there again: their old ones ended with the power."""
    deadline = time.monotonic() + STOP_S
    while len(leases_told(chain.export_records(node))) < count:
        check(time.monotonic() < deadline, f"{node.name} was asked for no blocks again")
        time.sleep(0.1)


def memory_lease(machines, node) -> dict:
    """The one live lease of memory there, as an operator sees it over the network."""
    rows = machines.cli.run(node.name, "lease", "list")["leases"]
    found = [row for row in rows if row["kind"] == "memory" and row["phase"] == "active"]
    check_equal(len(found), 1, f"live leases of memory on {node.name}")
    return found[0]


def export(node) -> tuple[str, list[dict]]:
    """The anchor of the node's chain, which verifies outside, and its records."""
    lines = chain.export_lines(node)
    node.export = node.out / "audit" / f"{node.name}.jsonl"
    node.export.parent.mkdir(parents=True, exist_ok=True)
    node.export.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return proof.verify_export(node.root, node.export), [json.loads(line) for line in lines[:-1]]


def prove(machines, revoked: dict | None) -> list[dict]:
    """Every server's chain verifies outside, and tells of its counter's lease."""
    proven = []
    for number, node in enumerate(machines.servers, 1):
        anchor, records = export(node)
        is_revoked = revoked is not None and revoked["server"] == number
        told = leases_told(records)
        check_equal(len(told), 1, f"leases of memory on {node.name}")
        ref, kinds = told[0]
        if is_revoked:
            check_equal(ref, revoked["ref"], f"lease under server-{number}")
        check_story(node, kinds, is_revoked)
        proven.append({"node": node.name, "server": number, "records": len(records),
                       "anchor": anchor, "leases": {ref: kinds}})
    return proven


def prove_durable(machines) -> list[dict]:
    """Every chain verifies, and tells of one lease for each other server: who came back after a crash
    found its own again."""
    proven = []
    for number, node in enumerate(machines.servers, 1):
        anchor, records = export(node)
        told = leases_told(records)
        check_equal(len(told), len(machines.servers) - 1, f"leases of blocks on {node.name}")
        for ref, kinds in told:
            ends = [kind for kind in kinds if kind not in (chain.ALLOCATED, chain.RENEWED)]
            check_equal(ends, [], f"ends of lease {ref} on {node.name}")
        proven.append({"node": node.name, "server": number, "records": len(records),
                       "anchor": anchor, "leases": dict(told)})
    return proven


def leases_told(records: list[dict]) -> list[tuple[str, list[str]]]:
    """Each lease of the last boot, by its ref, and the kinds of its records."""
    boot = records[-1]["boot"]
    told: dict[str, list[str]] = {}
    for record in records:
        if record["boot"] == boot and record["kind"].startswith("lease_"):
            told.setdefault(record["lease_ref"], []).append(record["kind"])
    return list(told.items())


def check_story(node, kinds: list[str], is_revoked: bool) -> None:
    """Granted, renewed at least once, and, if somebody revoked it, revoked."""
    check_equal(kinds[0], chain.ALLOCATED, f"first record of the lease on {node.name}")
    check(chain.RENEWED in kinds, f"no renewal on {node.name}: {kinds}")
    ends = [kind for kind in kinds if kind not in (chain.ALLOCATED, chain.RENEWED)]
    check_equal(ends, [chain.REVOKED] if is_revoked else [], f"ends of the lease on {node.name}")
