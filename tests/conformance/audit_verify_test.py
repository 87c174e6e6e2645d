# SPDX-License-Identifier: Apache-2.0
"""Holds tools/audit-verify to a chain that the core made: the good one passes, and every edit, drop, swap
or doubling is found, also by one who hashes anew, and what a key holder could lie about is found by the
rules of a lease's life.

usage: audit_verify_test.py MAKE_CHAIN
"""

import dataclasses
import importlib.util
import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERIFIER = ROOT / "tools" / "audit_verifier"
sys.path.insert(0, str(VERIFIER))

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402

import record as audit  # noqa: E402

_SPEC = importlib.util.spec_from_file_location("audit_verify_main", VERIFIER / "__main__.py")
MAIN = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(MAIN)

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))  # make_chain's
LINES = []


def verify(lines, *arguments):
    """The problems found in these lines, and the report."""
    options = MAIN.parse_arguments(list(arguments))
    report = MAIN.new_report("chain", options)
    report.read("chain", lines, not options.unsigned)
    return report.problems, report.as_dict()


def parsed():
    found = [audit.read_line(line[:-1]) for line in LINES]
    return found[:-1], found[-1]


def seal(records, first=0, key=KEY):
    """What a holder of the key can do: link, hash and sign whatever he likes from record `first` on."""
    sealed, previous = list(records[:first]), bytes(32)
    if first > 0:
        previous = records[first - 1].current_event_hash
    for sequence, record in enumerate(records[first:], first):
        record = dataclasses.replace(record, prev_event_hash=previous, sequence=sequence)
        previous = record.hash()
        sealed.append(dataclasses.replace(record, current_event_hash=previous))
    return sealed


def as_lines(records, key=KEY):
    last = records[-1]
    head = audit.Head(True, last.node_id, last.sequence, last.current_event_hash, b"")
    head = dataclasses.replace(head, signature=key.sign(head.signed_bytes()))
    return [(audit.line_of(line) + "\n").encode() for line in [*records, head]]


def other_values(name, value):
    """Values of the same form, and others, that are not `value`."""
    if isinstance(value, bool):
        return [False, 1, "true"]
    if isinstance(value, int):
        return [value + 1, -1, str(value), True, None]
    if value and all(digit in "0123456789abcdef" for digit in value) and len(value) % 2 == 0 \
            and name not in ("sequence", "timestamp_unix_ms", "boot", "epoch"):
        flipped = format(int(value[0], 16) ^ 1, "x") + value[1:]
        return [flipped, value[:-2], value + "00", value.upper() + ("" if value.upper() != value
                                                                    else "0"), 0]
    if value.isdigit():
        return [str(int(value) + 1), "0" + value, value + " ", int(value), str(2**64)]
    return [value + "x", value.upper() + "0", 5, "00"]


class GoodChain(unittest.TestCase):
    def test_verifies_and_prints_its_anchor(self):
        problems, result = verify(LINES)
        self.assertEqual(problems, [])
        last = json.loads(LINES[-2])
        self.assertEqual(result["anchor"], last["current_event_hash"])
        self.assertEqual(result["records"], len(LINES) - 1)
        self.assertEqual((result["boots"], result["leases"], result["ended"], result["ended_by_boot"],
                          result["live"], result["fences"], result["clears"], result["fenced"]),
                         (2, 6, 4, 1, 1, 3, 2, 0))
        self.assertEqual(set(result["kinds"]), set(audit.KINDS.values()))

    def test_the_core_spells_each_line_as_the_verifier_does(self):
        for line in LINES:
            self.assertEqual(audit.line_of(audit.read_line(line[:-1])) + "\n", line.decode())

    def test_sealing_it_again_gives_the_same_lines(self):
        records, _ = parsed()
        self.assertEqual(as_lines(seal(records)), LINES)


class EveryChange(unittest.TestCase):
    def expect_found(self, lines, number, what):
        problems, result = verify(lines)
        self.assertTrue(problems, f"not found: {what}")
        self.assertFalse(result["ok"])
        if number is not None:
            self.assertEqual(problems[0]["line"], number, f"{what}: {problems}")
        return problems[0]

    def test_of_any_field_of_any_line(self):
        count = 0
        for number, line in enumerate(LINES, 1):
            fields = json.loads(line)
            for name, value in fields.items():
                for other in other_values(name, value):
                    edited = json.dumps(fields | {name: other}, separators=(",", ":")) + "\n"
                    lines = [*LINES[:number - 1], edited.encode(), *LINES[number:]]
                    self.expect_found(lines, number, f"line {number}, {name} = {other!r}")
                    count += 1
        self.assertGreater(count, 1000)

    def test_of_any_field_with_a_matching_hash(self):
        records, _ = parsed()
        for number, record in enumerate(records[:-1]):
            edited = dataclasses.replace(record, timestamp_unix_ms=record.timestamp_unix_ms + 1)
            edited = dataclasses.replace(edited, current_event_hash=edited.hash())
            lines = list(LINES)
            lines[number] = (audit.line_of(edited) + "\n").encode()
            found = self.expect_found(lines, number + 2, f"record {number}")
            self.assertEqual(found["field"], "prev_event_hash")

    def test_of_any_field_with_all_hashes_made_anew_but_without_the_key(self):
        records, _ = parsed()
        for number, record in enumerate(records):
            edited = dataclasses.replace(record, timestamp_unix_ms=record.timestamp_unix_ms + 1)
            sealed = seal([*records[:number], edited, *records[number + 1:]], number)
            lines = [(audit.line_of(line) + "\n").encode() for line in sealed] + [LINES[-1]]
            # A trim later names the hash of record 0, and so finds that one first.
            found = self.expect_found(lines, len(LINES) if number > 0 else None, f"record {number}")
            self.assertEqual(found["field"], "current_event_hash" if number > 0 else "event_data")
            if number == 0:
                continue
            foreign = as_lines(sealed, Ed25519PrivateKey.from_private_bytes(bytes(32)))
            found = self.expect_found(foreign, len(LINES), f"record {number}, another's signature")
            self.assertEqual(found["field"], "signature")

    def test_of_the_order_of_lines(self):
        for a in range(len(LINES)):
            self.expect_found(LINES[:a] + LINES[a + 1:], None, f"line {a + 1} dropped")
            self.expect_found(LINES[:a + 1] + LINES[a:], a + 2, f"line {a + 1} doubled")
            for b in range(a + 1, len(LINES)):
                lines = list(LINES)
                lines[a], lines[b] = lines[b], lines[a]
                self.expect_found(lines, a + 1, f"lines {a + 1} and {b + 1} swapped")
        for count in range(len(LINES)):
            self.expect_found(LINES[:count], None, f"cut behind line {count}")

    def test_of_the_spelling(self):
        line = LINES[3].decode().rstrip("\n")
        fields = json.loads(line)
        names = list(fields)
        for name in names:
            without = {key: value for key, value in fields.items() if key != name}
            self.spelled(json.dumps(without), f"without {name}")
            twice = line.replace(f'"{name}":', f'"{name}":{json.dumps(fields[name])},"{name}":', 1)
            self.spelled(twice, f"{name} twice")
        self.spelled(json.dumps(dict(reversed(fields.items()))), "keys in another order")
        self.spelled(line[:-1] + ',"more":1}', "a field more")
        for text in (line + " x", line[:-1], "", "[]", "null", "7", '"text"', "[" * 900,
                     "\ufeff" + line, line.replace("lease", "l\u00e9ase", 1), line + " " * 1024):
            self.spelled(text, repr(text[:20]))

    def spelled(self, text, what):
        self.expect_found([*LINES[:3], text.encode() + b"\n", *LINES[4:]], 4, what)

    def test_of_the_last_line_end(self):
        self.expect_found([*LINES[:-1], LINES[-1][:-1]], len(LINES), "no line end")


class EveryLie(unittest.TestCase):
    """Of one who has the key: the chain links and is signed, but tells what cannot have been."""

    def setUp(self):
        self.records, _ = parsed()

    def expect_lie(self, records, field, words):
        problems, _ = verify(as_lines(seal(records)))
        self.assertTrue(problems, f"believed: {words}")
        self.assertEqual(problems[0]["field"], field, problems)
        self.assertIn(words, problems[0]["message"])

    def find(self, kind, nth=0):
        return [i for i, record in enumerate(self.records) if record.kind == kind][nth]

    def change(self, at, data=None, **fields):
        record = self.records[at]
        if data is not None:
            encoded = audit.encode_event_data(record.kind, record.data() | data)
            fields["event_data"] = encoded
        if "kind" in fields:
            codes = {name: code for code, name in audit.KINDS.items()}
            fields["kind_code"] = codes[fields["kind"]]
        if "reason" in fields:
            codes = {name: code for code, name in audit.REASONS.items()}
            fields["reason_code"] = codes[fields["reason"]]
        changed = list(self.records)
        changed[at] = dataclasses.replace(record, **fields)
        return changed

    def without(self, at):
        return self.records[:at] + self.records[at + 1:]

    def again(self, at, to):
        return self.records[:to] + [self.records[at]] + self.records[to:]

    def test_grants(self):
        second = self.find("lease_allocated", 1)
        self.expect_lie(self.again(second, second + 1), "lease_ref", "was granted before")
        self.expect_lie(self.without(second), "lease_ref", "never granted")
        self.expect_lie(self.change(second, dict(first_unit=3)), "event_data", "still belongs")
        self.expect_lie(self.change(second, lease_ref=bytes(16)), "lease_ref", "without a lease")
        self.expect_lie(self.change(second, epoch=1), "epoch", "expected above 1")
        self.expect_lie(self.change(second, epoch=0), "epoch", "no epoch")
        self.expect_lie(self.change(second, dict(unit_count=0)), "event_data", "unit_count")
        self.expect_lie(self.change(second, dict(resource_kind=6)), "event_data", "resource_kind")
        after_clear = self.find("lease_allocated", 3)
        clear = self.find("fence_cleared")
        self.assertLess(clear, after_clear)
        self.expect_lie(self.without(clear), "event_data", "is fenced by")

    def test_renewals_and_ends(self):
        renewal = self.find("lease_renewed")
        self.expect_lie(self.without(renewal), "event_data", "generation: got 2, expected 1")
        self.expect_lie(self.again(renewal, renewal + 1), "event_data", "expected 2")
        end = self.find("lease_released")
        self.expect_lie(self.again(renewal, end + 1), "lease_ref", "after its end")
        self.expect_lie(self.again(end, end + 1), "lease_ref", "after its end")
        self.expect_lie(self.without(end), "event_data", "still belongs")
        self.expect_lie(self.change(end, dict(generation=1)), "event_data", "generation")
        self.expect_lie(self.change(end, dict(unit_count=3)), "event_data", "not the units")
        self.expect_lie(self.change(end, dict(revoke_state=9)), "event_data", "revoke_state")
        self.expect_lie(self.change(end, epoch=2), "epoch", "not that of the grant")
        self.expect_lie(self.change(end, tenant=8), "tenant", "not that of the grant")
        self.expect_lie(self.change(end, resource_id=b"N" * 16), "resource_id", "not that")
        self.expect_lie(self.change(end, reason="ttl_elapsed"), "reason", "no reason")
        boot = self.find("boot", 1)
        live = self.find("lease_allocated", 4)
        late = dataclasses.replace(self.records[live], kind="lease_released", kind_code=4,
                                   reason="holder_request", reason_code=17,
                                   event_data=audit.encode_event_data("lease_released", dict(
                                       generation=0, first_unit=8, unit_count=4, grace_ms=0,
                                       revoke_state=0)), boot=2)
        self.expect_lie(self.records[:boot + 1] + [late] + self.records[boot + 1:], "lease_ref",
                        "after its end by boot 2")

    def test_fences(self):
        fence = self.find("resource_fenced")
        revoked = self.find("lease_revoked")
        clear = self.find("fence_cleared")
        self.expect_lie(self.again(fence, revoked), "event_data", "has not ended")
        self.expect_lie(self.change(fence, dict(first_unit=40)), "event_data", "not units of")
        self.expect_lie(self.again(clear, clear + 1), "epoch", "expected above")
        twice = self.again(clear, clear + 1)
        twice[clear + 1] = dataclasses.replace(twice[clear + 1], epoch=twice[clear + 1].epoch + 1)
        self.expect_lie(twice, "event_data", "already ended")
        self.expect_lie(self.change(clear, dict(fence=1)), "event_data", "is no fence")
        self.expect_lie(self.change(clear, dict(fence=9999)), "event_data", "is no fence")
        self.expect_lie(self.change(clear, dict(unit_count=3)), "event_data", "not the units of")
        self.expect_lie(self.change(clear, resource_id=b"N" * 16), "resource_id", "not that of")
        last = self.find("fence_cleared", 1)
        second = self.find("resource_fenced", 1)
        self.expect_lie(self.change(last, dict(fence=second)), "event_data", "already ended by")

    def test_boots_and_the_rest(self):
        self.expect_lie(self.records[1:], "boot", "without a boot record")
        boot = self.find("boot", 1)
        self.expect_lie(self.without(boot), "boot", "without a boot record")
        self.expect_lie(self.change(boot, boot=1), "boot", "second boot record")
        self.expect_lie(self.change(boot, dict(previous_boot=2)), "event_data", "previous_boot")
        self.expect_lie(self.change(0, reason="restart"), "reason", "first record")
        self.expect_lie(self.change(5, boot=0), "boot", "fell")
        self.expect_lie(self.change(5, node_id=bytes(32)), "node_id", "expected")
        trim = self.find("log_trimmed")
        self.expect_lie(self.change(trim, dict(hash=bytes(32))), "event_data", "not that of record 0")
        self.expect_lie(self.change(trim, dict(last=trim)), "event_data", "expected below")
        adopted = self.find("state_adopted")
        self.expect_lie(self.change(adopted, dict(epoch_floor=1)), "event_data", "expected above")
        self.expect_lie(self.change(adopted, dict(epoch_floor=10**6)), "epoch", "expected above")
        for kind in audit.EVENT_DATA:
            at = self.find(kind)
            data = self.records[at].event_data
            for bad in (b"", data + b"\0", data[:-1], b"\2" + data[1:], b"\0" + data[1:]):
                self.expect_lie(self.change(at, event_data=bad), "event_data", "expected")


class FromAnAnchor(unittest.TestCase):
    def test_every_tail_verifies_behind_its_anchor_and_behind_no_other(self):
        records, _ = parsed()
        for first in range(1, len(records)):
            anchor = f"{records[first - 1].current_event_hash.hex()}:{first - 1}"
            problems, result = verify(LINES[first:], "--from-anchor", anchor)
            self.assertEqual(problems, [])
            self.assertEqual(result["first"], first)
            for bad in (f"{bytes(32).hex()}:{first - 1}",
                        f"{records[first - 1].current_event_hash.hex()}:{first}"):
                self.assertTrue(verify(LINES[first:], "--from-anchor", bad)[0])
            self.assertTrue(verify(LINES[first:])[0], "genesis is not where it starts")
            self.assertEqual(verify(LINES[first:], "--unanchored")[0], [])


class CommandLine(unittest.TestCase):
    def run_tool(self, *arguments, given=b""):
        done = subprocess.run([ROOT / "tools" / "audit-verify", *arguments], input=given,
                              capture_output=True, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def test_exit_codes_and_output(self):
        with tempfile.TemporaryDirectory() as folder:
            good, bad = Path(folder) / "good.jsonl", Path(folder) / "bad.jsonl"
            good.write_bytes(b"".join(LINES))
            bad.write_bytes(b"".join(LINES[:4] + LINES[5:]))
            anchor = json.loads(LINES[-2])["current_event_hash"]
            code, out, _ = self.run_tool(good)
            self.assertEqual(code, 0)
            self.assertIn(f"anchor {anchor}", out)
            code, out, _ = self.run_tool(given=good.read_bytes())
            self.assertEqual((code, f"anchor {anchor}" in out), (0, True))
            code, out, err = self.run_tool(good, bad)
            self.assertEqual(code, 1)
            self.assertIn(f"{bad}:5: sequence: got 5, expected 4", err)
            self.assertIn("NOT OK", out)
            code, out, _ = self.run_tool("--json", good, bad)
            result = json.loads(out)
            self.assertEqual((code, result["ok"], [chain["ok"] for chain in result["chains"]]),
                             (1, False, [True, False]))
            first, second = Path(folder) / "1", Path(folder) / "2"
            first.write_bytes(b"".join(LINES[:7]))
            second.write_bytes(b"".join(LINES[7:]))
            self.assertEqual(self.run_tool("--join", "--unsigned", first, second)[0], 0)
            self.assertEqual(self.run_tool("--join", "--unsigned", second, first)[0], 1)
            self.assertEqual(self.run_tool(Path(folder) / "missing")[0], 2)
            self.assertEqual(self.run_tool("--no-such-option")[0], 2)
            self.assertEqual(self.run_tool("--from-anchor", "12:1", good)[0], 2)
            self.assertEqual(self.run_tool("--help")[0], 0)


if __name__ == "__main__":
    made = subprocess.run([sys.argv.pop(1)], capture_output=True, check=True)
    LINES.extend(made.stdout.splitlines(keepends=True))
    unittest.main(verbosity=1)
