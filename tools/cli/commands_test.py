#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every command against two real nodes: what it answers, what it refuses (1), and what is misuse (2).

usage: commands_test.py GRAFOS GRAFOS_NODE
"""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402

TOOL, NODE = (os.path.abspath(word) for word in (sys.argv.pop(1), sys.argv.pop(1)))
PATIENCE_S = rig.PATIENCE_S
OTHER = "ab" * 16


class Commands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.fabric = rig.Fabric(cls.folder.name, TOOL, NODE)
        cls.addClassCleanup(cls.fabric.end)

    def good(self, *words, node="alpha", config="op"):
        done = self.fabric.run(*words, node=node, config=config)
        self.assertEqual(done.returncode, 0, (words, done.stderr))
        return json.loads(done.stdout)

    def refused(self, code, *words, node="alpha", config="op"):
        done = self.fabric.run(*words, node=node, config=config)
        self.assertEqual(done.returncode, 1, (words, done.stdout, done.stderr))
        error = json.loads(done.stderr)["error"]
        self.assertEqual(error["code"], code, error)
        self.assertTrue(error["next"])
        return error

    def alloc(self, kind="memory", size="64KiB", ttl="30000", **more):
        return self.good("lease", "alloc", kind, size, "--ttl-ms", ttl, **more)

    def test_looks_go_over_all_nodes(self):
        for command, rows in (("identity", "nodes"), ("readiness", "nodes"), ("ping", "nodes"),
                              ("inventory", "resources"), ("counters", "counters")):
            found = self.good(command, node=None)[rows]
            self.assertEqual({row["node"] for row in found}, {"alpha", "beta"}, command)
        for words, rows in ((("audit", "head"), "nodes"), (("time", "sync"), "nodes")):
            found = self.good(*words, node=None)[rows]
            self.assertEqual([row["node"] for row in found], ["alpha", "beta"])
        self.assertEqual(self.good("fence", "list", node=None), {"fences": []})
        keys = {row["node"]: row["exchange_key"] for row in self.good("identity", node=None)["nodes"]}
        self.assertEqual(keys["beta"], self.fabric.keys["beta"])

    def test_a_lease_from_grant_to_release(self):
        key = "0123456789abcdef" * 2
        lease = self.good("lease", "alloc", "memory", "65536", "--key", key)
        self.assertEqual([lease["bytes"], lease["generation"]], [65536, 0])
        again = self.good("lease", "alloc", "memory", "65536", "--key", key)
        self.assertEqual(again["lease"], lease["lease"])
        renewed = self.good("lease", "renew", lease["lease"], "--token", lease["token"])
        self.assertEqual(renewed["generation"], 1)
        self.assertEqual(self.good("lease", "renew", lease["lease"])["generation"], 2)
        seen = self.good("lease", "query", "--ref", lease["ref"])
        self.assertEqual([seen["status"], seen["tenant"], seen["generation"]], ["active", 7, 2])
        refs = [row["ref"] for row in self.good("lease", "list", node=None)["leases"]]
        self.assertIn(lease["ref"], refs)
        self.good("lease", "free", lease["lease"])
        self.assertEqual(self.good("lease", "query", lease["lease"])["status"], "revoked")
        self.refused("released", "lease", "free", lease["lease"])

    def test_leases_of_another_tenant(self):
        beta = {"node": "beta"}
        alloc = ("lease", "alloc", "memory")
        # The operator may act for any tenant; [me] names 7 where no option does.
        theirs = self.good(*alloc, "192KiB", "--tenant", "9", **beta)
        own = self.good(*alloc, "64KiB", **beta)
        for lease, tenant in ((theirs, 9), (own, 7)):
            self.assertEqual(self.good("lease", "query", "--ref", lease["ref"], **beta)["tenant"],
                             tenant)
        # What lives for a tenant counts against its quota, whoever asked for it.
        beta["config"] = "member"
        error = self.refused("rate_limited", *alloc, "128KiB", **beta)
        self.assertEqual(error["field"], "quota_bytes")
        # A principal of one tenant acts for that one, named or not, and for no other.
        for words in ((), ("--tenant", "9")):
            lease = self.good(*alloc, "64KiB", *words, **beta)["lease"]
            self.assertEqual(self.good("lease", "query", lease, **beta)["tenant"], 9)
            self.good("lease", "free", lease, **beta)
        error = self.refused("denied", *alloc, "64KiB", "--tenant", "7", **beta)
        self.assertEqual((error["field"], error["value"], error["expected"]), ("tenant", 7, 9))

    def test_revocation_with_grace_and_checkpoint(self):
        lease = self.alloc()
        said = self.good("lease", "revoke", lease["ref"], "--grace-ms", "20000", "--reason",
                         "maintenance_window")
        self.assertEqual(said["outcome"], "grace_running")
        self.good("lease", "checkpoint", lease["lease"])
        end = self.good("lease", "query", lease["lease"])
        self.assertEqual([end["end"], end["reason"]], ["revoked", "maintenance_window"])
        self.refused("revoked", "mem", "read", lease["lease"], "0", "1", "--token", lease["token"])

    def test_bytes_and_blocks_come_back(self):
        memory, block = self.alloc(), self.alloc("block", "64KiB")
        path = os.path.join(self.folder.name, "data")
        data = os.urandom(5120)
        with open(path, "wb") as file:
            file.write(data)
        self.good("mem", "write", memory["lease"], "3", "--in", path)
        self.assertEqual(self.good("mem", "read", memory["lease"], "3", "5120")["data"], data.hex())
        self.good("mem", "write", memory["lease"], "0", "--text", "abc")
        self.good("mem", "write", memory["lease"], "1", "--hex", "00ff")
        self.assertEqual(self.good("mem", "read", memory["lease"], "0", "3")["data"], "6100ff")
        self.assertTrue(self.good("block", "write", block["lease"], "2", "--in", path)["is_flushed"])
        self.good("block", "read", block["lease"], "2", "10", "--out", path + ".out")
        with open(path + ".out", "rb") as file:
            self.assertEqual(file.read(), data)
        self.refused("capacity_exceeded", "mem", "read", memory["lease"], "65536", "1")
        for lease in (memory, block):
            self.good("lease", "free", lease["lease"])

    def test_refusals_are_typed(self):
        lease = self.alloc()
        self.refused("denied", "lease", "alloc", "memory", "4096", config="guest")
        self.refused("denied", "lease", "revoke", lease["ref"], config="guest")
        error = self.refused("denied", "counters", config="guest")
        self.assertIn("takes the role observe", error["next"])
        self.refused("denied", "mem", "read", lease["lease"], "0", "1", config="guest")
        self.refused("not_found", "lease", "free", OTHER)
        self.refused("not_found", "fence", "clear", "12345")
        self.good("lease", "free", lease["lease"])
        short = self.alloc(ttl="100")
        time.sleep(0.3)
        self.refused("lease_expired", "mem", "read", short["lease"], "0", "1", "--token",
                     short["token"])

    def test_hold_renews_and_gives_back(self):
        lease = self.alloc(ttl="2000")
        done = self.fabric.run("hold", lease["lease"], "--for", "5", node="alpha")
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([lines[0]["event"], lines[-1]["event"]], ["held", "freed"])
        self.assertGreaterEqual(lines[-1]["renewals"], 2)
        self.refused("released", "lease", "free", lease["lease"])
        self.refused("released", "hold", lease["lease"])

    def test_hold_ends_cleanly_on_interrupt(self):
        lease = self.alloc()
        holder = subprocess.Popen([TOOL, "--json", "--config", "op.toml", "--node", "alpha", "hold",
                                   lease["lease"], "--keep"], cwd=self.folder.name,
                                  stdout=subprocess.PIPE, text=True)
        self.assertEqual(json.loads(holder.stdout.readline())["event"], "held")
        holder.send_signal(signal.SIGINT)
        rest, _ = holder.communicate(timeout=PATIENCE_S)
        self.assertEqual([holder.returncode, json.loads(rest)["event"]], [0, "kept"])
        self.good("lease", "free", lease["lease"])

    def test_hold_stops_first_when_its_node_is_silent(self):
        began = time.monotonic()  # the node ends the lease no earlier than 2 s from here
        lease = self.alloc(ttl="2000", node="beta")
        holder = subprocess.Popen([TOOL, "--json", "--config", "op.toml", "--node", "beta", "hold",
                                   lease["lease"]], cwd=self.folder.name, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        self.assertEqual(json.loads(holder.stdout.readline())["event"], "held")
        beta = self.fabric.processes["beta"]
        beta.send_signal(signal.SIGSTOP)
        try:
            rest, error = holder.communicate(timeout=PATIENCE_S)
        finally:
            beta.send_signal(signal.SIGCONT)
        self.assertLess(time.monotonic() - began, 2.0)
        self.assertEqual([holder.returncode, json.loads(rest)["event"]], [1, "stopped"])
        error = json.loads(error)["error"]
        self.assertEqual([error["code"], error["field"]], ["lease_expired", "ttl"])
        clock = r"\d\d:\d\d:\d\d"
        self.assertRegex(error["why"], rf"^beta at 127\.0\.0\.1:\d+ has not answered since {clock}; the "
                                       rf"lease ended here at {clock}, by this machine's own clock$")
        self.assertIn("lease query", error["next"])

    def test_commands_leave_one_session_behind_and_end_none_that_is_used(self):
        lease = self.alloc()
        holder = subprocess.Popen([TOOL, "--json", "--config", "op.toml", "--node", "alpha", "hold",
                                   lease["lease"]], cwd=self.folder.name,
                                  stdout=subprocess.PIPE, text=True)
        self.assertEqual(json.loads(holder.stdout.readline())["event"], "held")
        before = self.good("readiness")["nodes"][0]["sessions"]
        for _ in range(20):
            self.good("ping")
        self.assertLessEqual(self.good("readiness")["nodes"][0]["sessions"], before)
        ends = {row["counter"]: row["value"] for row in self.good("counters")["counters"]}
        self.assertEqual(ends["session_displaced"], 0)
        self.assertGreaterEqual(ends["session_replaced"], 20)
        holder.send_signal(signal.SIGINT)
        rest, _ = holder.communicate(timeout=PATIENCE_S)
        self.assertEqual([holder.returncode, json.loads(rest)["event"]], [0, "freed"])
        for text in ("", "nonsense\n", "a b c\n" * 1000):  # what it makes no sense of is no note
            with open(os.path.join(self.folder.name, "op.key.sessions"), "w") as file:
                file.write(text)
            self.good("ping")

    def test_top_shows_each_node(self):
        rows = self.good("top", "--once", node=None)["nodes"]
        self.assertEqual([row["state"] for row in rows], ["ready", "ready"])
        self.assertTrue(all(isinstance(row["refused"], int) for row in rows))

    def test_a_node_that_is_away_is_disconnected(self):
        with open(os.path.join(self.folder.name, "op.toml")) as file:
            text = file.read().replace(f":{self.fabric.ports['beta']}\"", f":{rig.free_port()}\"")
        with open(os.path.join(self.folder.name, "away.toml"), "w") as file:
            file.write(text)
        self.refused("disconnected", "--timeout-ms", "500", "ping", node="beta", config="away")
        both = self.fabric.run("--timeout-ms", "500", "readiness", config="away")
        self.assertEqual(both.returncode, 1)
        self.assertEqual([row["node"] for row in json.loads(both.stdout)["nodes"]], ["alpha"])

    def away(self, old, new):
        """How a ping of alpha fails, if this text of the operator's file is another one."""
        with open(os.path.join(self.folder.name, "op.toml")) as file:
            text = file.read()
        self.assertIn(old, text)
        with open(os.path.join(self.folder.name, "bent.toml"), "w") as file:
            file.write(text.replace(old, new))
        return self.refused("disconnected", "--timeout-ms", "500", "ping", config="bent")

    def test_why_no_answer_came_is_told_apart(self):
        alpha = f"127.0.0.1:{self.fabric.ports['alpha']}"
        nobody = f"127.0.0.1:{rig.free_port()}"
        error = self.away(alpha, nobody)
        self.assertEqual((error["why"], error["address"]), (f"nobody listens at {nobody}", nobody))
        self.assertIn("start the node", error["next"])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
            deaf.bind(("127.0.0.1", 0))
            place = f"127.0.0.1:{deaf.getsockname()[1]}"
            error = self.away(alpha, place)
        self.assertEqual(error["why"], f"nothing came back from {place}")
        self.assertIn("check the address of alpha", error["next"])
        error = self.away(self.fabric.keys["alpha"], "ab" * 32)
        self.assertEqual(error["why"], f"{alpha} answers, and not to these keys")
        self.assertIn("exchange_key of alpha", error["next"])
        self.assertIn(self.fabric.keys["op"], error["next"])
        made = self.fabric.run("keygen", "--out", "stranger.key", config=None)
        error = self.away('key = "op.key"', 'key = "stranger.key"')
        self.assertEqual(error["why"], f"{alpha} answers, and not to these keys")
        self.assertIn(json.loads(made.stdout)["exchange_key"], error["next"])
        error = self.away('name = "alpha"', f'name = "alpha"\nnode_id = "{"ab" * 32}"')
        self.assertIn("another node_id", error["why"])
        for words in (("ping",), ("lease", "alloc", "memory", "4KiB")):
            with self.subTest(words=words):  # for people, and nothing of a lease that was not asked
                done = self.fabric.run("--timeout-ms", "300", *words, config="bent", node="alpha",
                                       form=())
                self.assertRegex(done.stderr, f"^grafos: .*: disconnected: {alpha} .*\n  next: ")
                self.assertNotIn("outcome", done.stderr)

    def test_usage(self):
        for words in (("lease", "alloc", "gpu", "1"), ("lease", "alloc", "memory", "-1"),
                      ("lease", "free", "12"), ("lease", "query"), ("mem", "write", OTHER, "0"),
                      ("lease", "revoke", OTHER, "--reason", "whim"), ("fence",), ("hold",),
                      ("block", "write", OTHER, "0", "--text", "no block"),
                      ("lease", "alloc", "block", "100"), ("lease", "alloc", "block", "513")):
            self.assertEqual(self.fabric.run(*words, node="alpha").returncode, 2, words)
        done = self.fabric.run("lease", "alloc", "block", "100", node="alpha")
        self.assertIn("multiples of 512; got 100", json.loads(done.stderr)["error"]["why"])
        self.assertEqual(self.fabric.run("lease", "free", OTHER).returncode, 2)  # which node?
        self.assertEqual(self.fabric.run("ping", node="gamma").returncode, 2)

    def test_a_file_that_cannot_be_written_is_no_nodes_fault(self):
        lease = self.alloc()
        for words in (("mem", "read", lease["lease"], "0", "5"), ("block", "read", OTHER, "0", "1")):
            done = self.fabric.run(*words, "--out", "no/such/file", node="alpha")
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("--out: no/such/file cannot be written", done.stderr)
        kept = os.path.join(self.folder.name, "kept")
        with open(kept, "w") as file:
            file.write("as it was")
        self.refused("not_found", "mem", "read", OTHER, "0", "5", "--out", "kept")
        with open(kept) as file:
            self.assertEqual(file.read(), "as it was")
        self.refused("not_found", "mem", "read", OTHER, "0", "5", "--out", "never")
        self.assertFalse(os.path.exists(os.path.join(self.folder.name, "never")))
        self.good("mem", "read", lease["lease"], "0", "5", "--out", "kept")
        self.assertEqual(os.path.getsize(kept), 5)

    def test_a_misspelt_command_is_named_with_the_nearest(self):
        for words, near in ((("invntory",), "nearest: inventory; "), (("lease", "aloc"), "lease alloc"),
                            (("alloc", "memory", "1"), "nearest: lease alloc; "),
                            (("lesae", "list"), "nearest: lease; "), (("mem", "wirte", "1"), "mem write"),
                            (("--timeout-ms", "200", "pnig"), "nearest: ping; ")):
            for form in ((), ("--json",)):
                done = self.fabric.run(*words, node="alpha", form=form)
                self.assertEqual((done.returncode, done.stdout), (2, ""), words)
                wrong = next(word for word in words if word not in ("lease", "mem", "200", "--timeout-ms"))
                self.assertIn(f"{wrong} is no command", done.stderr)
                self.assertIn(near, done.stderr)
        done = self.fabric.run("xyzzy", form=())
        self.assertNotIn("nearest", done.stderr)
        self.assertIn("accepted: keygen, config, ", done.stderr)

    def test_numbers_are_those_that_were_asked(self):
        lease = self.alloc(size="100")
        error = self.refused("capacity_exceeded", "mem", "read", lease["lease"], "0", "70000")
        self.assertEqual((error["field"], error["value"], error["expected"]), ("length", 70000, 100))
        error = self.refused("capacity_exceeded", "mem", "write", lease["lease"], "99", "--text", "ab")
        self.assertEqual((error["field"], error["value"], error["expected"]), ("length", 2, 1))
        self.assertIn("beyond the lease's end", error["next"])
        for words in (("mem", "write", lease["lease"], "-1", "--text", "x"),
                      ("mem", "read", lease["lease"], "0", "-1"), ("fence", "clear", "-1")):
            done = self.fabric.run(*words, node="alpha")
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("a number from 0 on; got -1", done.stderr)
        error = self.refused("denied", "lease", "renew", lease["lease"], "--ttl-ms", "60000")
        self.assertIn("at most 30000 ms", error["next"])
        for words in (("lease", "free"), ("lease", "renew"), ("hold",)):
            error = self.refused("not_found", *words, lease["ref"])
            self.assertIn("lease revoke REF", error["next"], words)
        error = self.refused("not_found", "lease", "revoke", lease["lease"])
        self.assertIn("an ID is none", error["next"])

    def test_only_what_is_taken_back_has_a_revoke_state(self):
        lease = self.alloc()
        self.assertIsNone(self.good("lease", "query", lease["lease"])["revoke_state"])
        self.good("lease", "revoke", lease["ref"])
        self.assertEqual(self.good("lease", "query", lease["lease"])["revoke_state"], "torndown")
        short = self.alloc(ttl="100")
        time.sleep(0.3)
        seen = self.good("lease", "query", short["lease"])
        self.assertEqual((seen["status"], seen["end"], seen["revoke_state"]),
                         ("expired", "lease_expired", None))


if __name__ == "__main__":
    unittest.main(verbosity=1)
