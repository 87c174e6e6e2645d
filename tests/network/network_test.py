# SPDX-License-Identifier: Apache-2.0
"""A node over a network that loses, cuts, replays and lies, seen by a second client.

usage: network_test.py BOARD IMAGE GRAFOS_NETEM [unittest's words]
environment: GRAFOS_FRAMES, how many hostile frames on each side of the seal (4000)
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).resolve().parent), str(ROOT / "tools" / "tour"),
                str(ROOT / "tools" / "netem")]

import spec  # noqa: E402
import tokens  # noqa: E402
import tshark  # noqa: E402
from client import CODES, Refused, Session, Silence, X25519PrivateKey, public_bytes  # noqa: E402
from frames import Frames, valid_fields  # noqa: E402
from machine import Machine, Transcript, board_named  # noqa: E402
from network import Peer, Wires  # noqa: E402
from node import DISK_BYTES, Node  # noqa: E402

# Refusals that nobody on the network can bring about, and why; tests/flood reaches the others in process.
UNREACHED = {
    "refused_disconnected": "a client's own word",
    "refused_out_of_fuel": "a word of tasklets, which there are none of",
    "refused_fenced": "wants a disk that fails a wipe: tests/flood",
    "refused_io": "wants a disk that fails: tests/flood",
    "refused_degraded": "wants a disk that fails, or a log that is full: tests/flood",
    "refused_not_ready": "no session opens before a node is ready: tests/flood",
}

BOARD, IMAGE, NETEM = (sys.argv.pop(1), Path(sys.argv.pop(1)), Path(sys.argv.pop(1))) \
    if __name__ == "__main__" else ("linux", Path(), Path())
FRAMES = int(os.environ.get("GRAFOS_FRAMES", "4000"))
BOUND_S = 170.0
SESSION_FRAMES = 200
PAGE, MEMORY, BLOCK = 4096, 2, 3
ANY = bytes(16)
FIELD_ROLE = 18  # core/base/error.hpp
ROLES = {"cap": "CAP_REQUEST", "revoke": "LEASE_REVOKE", "fence_clear": "FENCE_CLEAR",
         "collect": "AUDIT_HEAD", "time": "TIME_SYNC", "observe": "LEASE_LIST_ACTIVE",
         "call": "PROGRAM_CALL"}


class NetworkTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="grafos-network-"))
        cls.keys = {name: X25519PrivateKey.generate()
                    for name in ("operator", "stranger", "nobody", "poor", *ROLES)}
        roles = {"operator": ("all", "tenant=any"), "nobody": ("none", ""),
                 "poor": ("cap+observe", "tenant=7,bytes=65536,leases=2"),
                 **{role: (role, "tenant=any") for role in ROLES}}
        peers = tuple(Peer(name, public_bytes(cls.keys[name]).hex(), *given).word()
                      for name, given in roles.items())
        cls.wires = Wires()
        board = board_named(BOARD)
        cls.wires.add(board.name, bool(board.qemu))
        with (cls.folder / "disk").open("wb") as disk:
            disk.truncate(DISK_BYTES)
        machine = Machine(board, IMAGE, cls.folder / "disk", cls.folder,
                          Transcript(cls.folder / "log", time.monotonic()))
        cls.node = Node(machine, cls.folder, ROOT, wires=cls.wires, peers=peers, bound_s=BOUND_S)
        cls.node.start()
        cls.node_key = bytes.fromhex(cls.node.run("identity").text("x25519"))
        cls.node.settle()
        cls.relay = cls.wires.start_relay(NETEM, "--seed=5", bound_s=BOUND_S)

    @classmethod
    def tearDownClass(cls):
        cls.wires.kill_relay()
        Machine.kill_all()
        shutil.rmtree(cls.folder)

    def setUp(self):
        self.sessions = []
        self.relay.tell("clear")

    def tearDown(self):
        for session in self.sessions:
            session.close()

    def session(self, who="operator", patience=10.0, directly=False, **more):
        host, port = self.wires.address_of(self.node.name, directly=directly).split(":")
        made = Session((host, int(port)), self.node_key, self.keys[who], patience, **more)
        self.sessions.append(made)
        return made

    def lease(self, session, size=PAGE, ttl=30_000, tenant=1, kind=MEMORY):
        token = session.ask("CAP_REQUEST", tenant=tenant, kind=kind, resource=ANY,
                            bytes_max=max(size, 1 << 20), ttl_max=60_000, token_ttl=60_000)["token"]
        return session.ask("LEASE_ALLOC", token=token, kind=kind, resource=ANY, amount_bytes=size,
                           ttl=ttl, alloc_key=os.urandom(16), parameters=b"")

    def refused(self, code, call, *words, **fields):
        with self.assertRaises(Refused) as caught:
            call(*words, **fields)
        self.assertEqual(caught.exception.code, code, caught.exception)

    def records(self, first):
        return self.node.run(f"audit export from={first}", 60).raw[:-1]

    # --- the protocol ----------------------------------------------------------------------------

    def test_a_second_client_leases_writes_and_reads(self):
        session = self.session()
        self.assertEqual(session.node_id.hex(), self.node.run("identity").text("node_id"))
        identity = session.ask("GET_IDENTITY")
        self.assertEqual((identity["exchange_key"], identity["boot"], identity["is_sealed"]),
                         (self.node_key, session.boot, 1))
        lease = self.lease(session)
        first = lease["record"]
        session.ask("MEM_WRITE", token=lease["token"], offset=7, data=b"over the wire")
        data = session.ask("MEM_READ", token=lease["token"], offset=0, length=24)["data"]
        self.assertEqual(data, bytes(7) + b"over the wire" + bytes(4))
        renewed = session.ask("LEASE_RENEW", token=lease["token"], ttl=0)
        self.assertEqual(renewed["generation"], 1)
        freed = session.ask("LEASE_FREE", lease=lease["lease"])
        self.assertEqual(freed["lease_ref"], lease["lease_ref"])
        self.refused("released", session.ask, "MEM_READ", token=renewed["token"], offset=0, length=1)
        kinds = [line for line in self.records(first) if lease["lease_ref"].hex() in line]
        self.assertEqual([kind for kind in ("lease_allocated", "lease_renewed", "lease_released")
                          if any(f'"{kind}"' in line for line in kinds)],
                         ["lease_allocated", "lease_renewed", "lease_released"])

    def test_a_token_that_its_holder_narrowed_gives_less(self):
        session = self.session()
        lease = self.lease(session)
        narrow = tokens.narrow(lease["token"], tokens.caveat(tokens.WINDOW, 64, 64))
        session.ask("MEM_WRITE", token=narrow, offset=64, data=b"inside")
        self.refused("denied", session.ask, "MEM_READ", token=narrow, offset=63, length=2)
        reading = tokens.narrow(narrow, tokens.caveat(tokens.RIGHTS, tokens.READ))
        data = session.ask("MEM_READ", token=reading, offset=64, length=6)["data"]
        self.assertEqual(data, b"inside")
        self.refused("denied", session.ask, "MEM_WRITE", token=reading, offset=64, data=b"x")
        longer = reading[:-1] + bytes([reading[-1] ^ 1])
        self.refused("denied", session.ask, "MEM_READ", token=longer, offset=64, length=6)
        session.ask("LEASE_FREE", lease=lease["lease"])

    def test_what_is_larger_than_a_packet_comes_in_pieces(self):
        session = self.session()
        read = session.ask("AUDIT_READ", pieces=True, **{"from": 0}, records_max=16)
        while len(read["records"]) < 16:
            session.ask("LEASE_FREE", lease=self.lease(session)["lease"])
            read = session.ask("AUDIT_READ", pieces=True, **{"from": 0}, records_max=16)
        self.assertGreater(sum(len(each["canonical"]) for each in read["records"]), 1400)
        exported = [json.loads(line) for line in self.records(0)[:17]]
        for at, each in enumerate(read["records"]):
            self.assertEqual(hashlib.sha256(each["canonical"]).hexdigest(),
                             exported[at]["current_event_hash"])

    def test_words_in_memory_change_at_once(self):
        session = self.session()
        lease = self.lease(session)
        token = {"token": lease["token"], "offset": 8}
        self.assertEqual(session.ask("MEM_FETCH_ADD", **token, addend=5)["value"], 0)
        swapped = session.ask("MEM_COMPARE_EXCHANGE", **token, expected=5, desired=9)
        self.assertEqual((swapped["is_exchanged"], swapped["value"]), (1, 5))
        swapped = session.ask("MEM_COMPARE_EXCHANGE", **token, expected=5, desired=1)
        self.assertEqual((swapped["is_exchanged"], swapped["value"]), (0, 9))
        session.ask("LEASE_FREE", lease=lease["lease"])

    # --- a bad network ---------------------------------------------------------------------------

    def test_at_10_percent_loss_everything_happens_exactly_once(self):
        self.relay.tell("set all drop=0.1 duplicate=0.05 reorder=0.05")
        self.relay.tell("zero")
        session = self.session()
        lease = self.lease(session)
        count = 150
        for number in range(count):
            before = session.ask("MEM_FETCH_ADD", token=lease["token"], offset=0, addend=1)
            self.assertEqual(before["value"], number, "a request was executed twice, or not")
        session.ask("LEASE_FREE", lease=lease["lease"])
        counters = self.relay.counters("all")
        print(f"10 % loss: {count} additions, {counters['dropped']} packets dropped, "
              f"{counters['duplicated']} doubled, {session.resent} requests sent again")
        self.assertGreater(counters["dropped"], 0)
        self.assertGreater(session.resent, 0)

    def test_damaged_packets_are_dropped_and_sent_again(self):
        session = self.session()
        lease = self.lease(session)
        self.relay.tell("set all flip=0.2")
        for number in range(60):
            before = session.ask("MEM_FETCH_ADD", token=lease["token"], offset=0, addend=1)
            self.assertEqual(before["value"], number)
        session.ask("LEASE_FREE", lease=lease["lease"])
        self.assertGreater(self.relay.counters("all")["flipped"], 0)

    def test_a_one_way_partition_ends_a_lease_and_heals(self):
        for cut in (f"cli:{self.node.name}", f"{self.node.name}:cli"):
            session = self.session()
            lease = self.lease(session, ttl=500)
            self.relay.tell(f"partition {cut}")
            with self.assertRaises(Silence):
                session.ask("MEM_READ", patience_s=1.0, token=lease["token"], offset=0, length=8)
            self.relay.tell("heal")
            self.refused("lease_expired", session.ask, "MEM_READ", token=lease["token"], offset=0,
                         length=8)
            told = [line for line in self.records(lease["record"])
                    if lease["lease_ref"].hex() in line]
            self.assertIn("lease_expired", told[-1])
            again = self.lease(session)
            session.ask("LEASE_FREE", lease=again["lease"])

    def test_a_clogged_way_delivers_nothing_twice(self):
        session = self.session()
        lease = self.lease(session)
        self.relay.tell(f"clog cli:{self.node.name} 700")
        value = session.ask("MEM_FETCH_ADD", token=lease["token"], offset=0, addend=1)["value"]
        self.assertEqual(value, 0)
        self.assertGreater(session.resent, 1)
        self.assertEqual(session.ask("MEM_FETCH_ADD", token=lease["token"], offset=0,
                                     addend=1)["value"], 1)
        session.ask("LEASE_FREE", lease=lease["lease"])

    # --- listeners and liars ---------------------------------------------------------------------

    def test_a_listener_sees_no_token_no_id_no_payload(self):
        path = self.folder / "listen.pcap"
        self.relay.tell(f"pcap {path} both")
        session = self.session()
        lease = self.lease(session)
        secret = os.urandom(64)
        session.ask("MEM_WRITE", token=lease["token"], offset=0, data=secret)
        self.assertEqual(session.ask("MEM_READ", token=lease["token"], offset=0,
                                     length=64)["data"], secret)
        session.ask("LEASE_FREE", lease=lease["lease"])
        packets = self.relay.tell("pcap off")["pcap"]["packets"]
        seen = path.read_bytes()
        self.assertGreater(packets, 10)
        for what in (secret, secret[8:24], lease["token"], lease["token"][-32:], lease["lease"],
                     lease["lease_ref"], public_bytes(self.keys["operator"]), session.node_id):
            self.assertEqual(seen.find(what), -1, "a listener sees it")

    @unittest.skipUnless(tshark.is_ready(), "no tshark, or no grafos-wire-table")
    def test_tshark_reads_all_of_it_and_under_the_seal_only_with_the_keys(self):
        path, keys = self.folder / "read.pcap", self.folder / "keys"
        self.relay.tell(f"pcap {path} both")
        session = self.session()
        lease = self.lease(session)
        session.ask("MEM_WRITE", token=lease["token"], offset=0, data=b"read by tshark")
        session.ask("LEASE_FREE", lease=lease["lease"])
        self.refused("released", session.ask, "MEM_READ", token=lease["token"], offset=0, length=1)
        self.relay.tell("pcap off")
        keys.write_text(session.key_line, encoding="utf-8")
        sealed, opened = (tshark.read(path, each, "ip.ttl==64") for each in (None, keys))
        for rows in (sealed, opened):
            self.assertEqual({row["packet.kind"][0] for row in rows}, set("12345"))
            self.assertFalse([row for row in rows if row["malformed"]])
        self.assertFalse([row for row in sealed if row["message.type"]])
        types = [int(each, 16) for row in opened for each in row["message.type"]]
        names = ("CAP_REQUEST", "LEASE_ALLOC", "MEM_WRITE", "LEASE_FREE", "MEM_READ")
        self.assertEqual(list(dict.fromkeys(types)), [spec.NUMBER[name] for name in names])
        statuses = [each for row in opened for each in row["message.status"]]
        self.assertEqual([each for each in statuses if each != "0"], [str(CODES.index("released"))])

    def test_replays_change_nothing_in_this_boot_or_the_next(self):
        path = self.folder / "replay.pcap"
        self.relay.tell(f"pcap {path} in")
        session = self.session()
        sent, send = [], session.send_raw
        session.send_raw = lambda data: (sent.append(data), send(data))
        lease = self.lease(session)
        for _ in range(5):
            session.ask("MEM_FETCH_ADD", token=lease["token"], offset=0, addend=1)
        spare = self.lease(session)
        session.ask("LEASE_FREE", lease=spare["lease"])
        self.relay.tell("pcap off")
        self.node.settle(leased=True)
        before = self.node.inventory(), self.node.head()
        for data in [*sent, *reversed(sent), *sent[::2]]:  # from the very address, sealed rightly
            send(data)
        for words in ((), ("--shuffle", "--repeat=3"), ("--part=0.5",), ("--flip=1",)):
            self.replay(path, *words)
        value = session.ask("MEM_FETCH_ADD", token=lease["token"], offset=0, addend=0)["value"]
        self.assertEqual(value, 5, "a replay was executed")
        self.assertEqual(self.node.inventory(), before[0])
        self.assertTrue(all('"turn_overrun"' in line for line in self.records(before[1])))
        self.node.restart()
        self.node.settle()
        first = self.node.head()
        answers = self.replay(path)["answers"] + self.replay(path, "--shuffle")["answers"]
        self.assertEqual(self.node.settle()["memory"].leased, 0)
        self.assertTrue(all('"turn_overrun"' in line for line in self.records(first)))
        print(f"replays: {len(sent)} packets; {answers} cookies in the next boot, nothing else")

    def replay(self, path, *words):
        to = "%s:%d" % self.wires.plugs[self.node.name].address
        return self.netem("replay", str(path), "--to", to, "--wait=100", *words)

    def netem(self, *words):
        done = subprocess.run([NETEM, *words], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def test_330_forged_handshakes_a_second_leave_renewals_on_time(self):
        session = self.session()
        lease = self.lease(session, ttl=1_000)
        told = {}
        to = "%s:%d" % self.wires.plugs[self.node.name].address
        flood = threading.Thread(target=lambda: told.update(
            self.netem("forge", "--kind=handshake", "--rate=330", "--count=990", "--to", to)))
        flood.start()
        worst, renewals, token = 0.0, 0, lease["token"]
        while flood.is_alive():
            began = time.monotonic()
            token = session.ask("LEASE_RENEW", patience_s=1.0, token=token, ttl=0)["token"]
            worst, renewals = max(worst, time.monotonic() - began), renewals + 1
            time.sleep(0.2)
        flood.join()
        print(f"flood: {told['sent']} inits with good cookies, {told['answers']} answers; "
              f"{renewals} renewals, the slowest {worst * 1000:.0f} ms")
        self.assertEqual((told["cookies"], told["answers"]), (1, 1))
        self.assertGreater(renewals, 5)
        session.ask("LEASE_FREE", lease=lease["lease"])

    def test_no_answer_without_a_session_is_longer_than_its_request(self):
        to = "%s:%d" % self.wires.plugs[self.node.name].address
        for kind, answered in (("hello", True), ("init", False), ("sealed", False),
                               ("random", False)):
            told = self.netem("forge", f"--kind={kind}", "--rate=2000", "--count=500", "--size=16",
                              "--to", to)
            self.assertEqual(told["answers"] > 0, answered, told)
            self.assertLessEqual(told["longest_answer"], told["shortest_request"])

    def test_strangers_are_not_answered(self):
        with self.assertRaises(Silence):
            self.session("stranger", patience=1.0)

    # --- who may what ----------------------------------------------------------------------------

    def test_each_role_is_refused_what_lies_outside_it(self):
        wanting = {name: need.removeprefix("role ") for name, need in spec.NEEDS.items()
                   if need.startswith("role ")}
        self.assertEqual(set(wanting.values()), set(ROLES))
        for who in ("nobody", *ROLES):
            session = self.session(who)
            for name, role in wanting.items():
                fields = valid_fields(name, bytes(125), ANY, b"\1" * 16)
                lacks = False
                try:
                    session.ask(name, **fields)
                except Refused as refusal:
                    lacks = (refusal.code, refusal.fields["field"]) == ("denied", FIELD_ROLE)
                self.assertEqual(lacks, role != who, f"{name} by {who}")

    def test_a_quota_holds_against_a_token_used_again(self):
        session = self.session("poor")
        token = session.ask("CAP_REQUEST", tenant=7, kind=MEMORY, resource=ANY, bytes_max=32_768,
                            ttl_max=60_000, token_ttl=60_000)["token"]
        wish = dict(token=token, kind=MEMORY, resource=ANY, amount_bytes=16_384, ttl=10_000,
                    parameters=b"")
        held = [session.ask("LEASE_ALLOC", alloc_key=os.urandom(16), **wish) for _ in range(2)]
        self.refused("rate_limited", session.ask, "LEASE_ALLOC", alloc_key=os.urandom(16), **wish)
        session.ask("LEASE_FREE", lease=held[0]["lease"])
        self.node.settle(leased=True)
        held[0] = session.ask("LEASE_ALLOC", alloc_key=os.urandom(16), **wish)
        for lease in held:
            session.ask("LEASE_FREE", lease=lease["lease"])

    def test_a_token_serves_nobody_else_and_nowhere_when_changed(self):
        session = self.session()
        lease = self.lease(session)
        for at in range(0, len(lease["token"]), 7):
            token = bytearray(lease["token"])
            token[at] ^= 1
            with self.assertRaises(Refused):
                session.ask("MEM_READ", token=bytes(token), offset=0, length=8)
        session.ask("LEASE_FREE", lease=lease["lease"])

    # --- bad input -------------------------------------------------------------------------------

    def test_hostile_frames_outside_the_seal_leave_it_serving(self):
        to = "%s:%d" % self.wires.plugs[self.node.name].address
        told = self.netem("forge", "--kind=mix", f"--count={FRAMES}", "--rate=20000", "--size=600",
                          "--to", to)
        session = self.session(directly=True)
        flipped = 0
        for _ in range(FRAMES // 8):
            data = bytearray(session.seal(b"\0" * 32))
            data[self.dice(len(data))] ^= 1 << self.dice(8)
            session.send_raw(bytes(data))
            flipped += 1
        self.serves()
        print(f"outside the seal: {told['sent']} forged, {flipped} with a flipped bit")

    @staticmethod
    def dice(below):
        return int.from_bytes(os.urandom(4), "big") % below

    def test_hostile_frames_inside_the_seal_leave_it_serving(self):
        session = self.session(directly=True)
        lease = self.lease(session, ttl=60_000)
        before = self.figures()
        frames = Frames(11, lease["token"], lease["lease"], lease["lease_ref"])
        for number in range(FRAMES):
            if number % SESSION_FRAMES == SESSION_FRAMES - 1:  # one of them may have spent all numbers
                session = self.session(directly=True, old=session.number)
            request, session.next_request = session.next_request, session.next_request + 1
            session.send_raw(session.seal(frames.message(request)))
            if number % 32 == 31:
                session.take_answers(0.002)
        self.serves()
        after = self.figures()
        moved = {name: value - before[name] for name, value in after.items()
                 if ("refused" in name or "drop" in name) and value != before[name]}
        still = {name for name in after if "refused" in name and after[name] == 0}
        print(f"inside the seal: {FRAMES} frames; {moved}; not moved: {still or 'none'}")
        self.assertGreater(sum(moved.values()), FRAMES // 4)

    def test_every_refusal_that_the_network_can_reach_is_counted(self):
        session = self.session()
        before = self.figures()

        def fields(name, of, token):
            return valid_fields(name, token, of["lease"], of["lease_ref"])

        def ask(code, name, of, with_token=None, **more):
            self.refused(code, session.ask, name,
                         **{**fields(name, of, with_token or of["token"]), **more})
        freed, revoked = self.lease(session), self.lease(session)
        ended = self.lease(session, ttl=1_000)
        session.ask("LEASE_FREE", lease=freed["lease"])
        session.ask("LEASE_REVOKE", **{**fields("LEASE_REVOKE", revoked, b""), "grace": 0})
        held = self.lease(session)
        ask("released", "MEM_READ", freed)
        ask("revoked", "MEM_READ", revoked)
        ask("denied", "MEM_READ", held, held["token"][:-1] + bytes([held["token"][-1] ^ 1]))
        ask("unsupported_version", "MEM_READ", held, b"\2" + held["token"][1:])
        older = held["token"]
        for _ in range(2):
            held["token"] = session.ask("LEASE_RENEW", token=held["token"], ttl=0)["token"]
        ask("stale_epoch", "MEM_READ", held, older)
        ask("unsupported", "BLOCK_READ", held)
        ask("capacity_exceeded", "MEM_READ", held, offset=1 << 40)
        ask("not_found", "LEASE_FREE", held, lease=b"\7" * 16)
        ask("invalid_argument", "LEASE_FREE", held, lease=bytes(16))
        cap = session.ask("CAP_REQUEST", tenant=1, kind=MEMORY, resource=ANY, bytes_max=1 << 20,
                          ttl_max=60_000, token_ttl=60_000)["token"]
        ask("foreign", "LEASE_ALLOC", held, cap, kind=BLOCK, amount_bytes=65_536)
        # A lock that has been granted as often as can be counted, and bytes that are none.
        lock = b"gLck\1\0\0\0" + (1).to_bytes(8, "little") + b"\xff" * 8 + (1).to_bytes(8, "little")
        for code, data in (("exhausted", lock), ("corrupt", b"xxxx" + lock[4:])):
            session.ask("MEM_WRITE", token=held["token"], offset=512, data=data.ljust(256, b"\0"))
            ask(code, "MEM_LOCK", held, offset=512)
        in_grace = [self.lease(session) for _ in range(33)]  # one more than there may be
        for each in in_grace[:-1]:
            session.ask("LEASE_REVOKE", **{**fields("LEASE_REVOKE", each, b""), "grace": 60_000})
        ask("busy", "LEASE_REVOKE", in_grace[-1], grace=60_000)
        for each in in_grace:
            session.ask("LEASE_FREE", lease=each["lease"])
        poor = self.session("poor")
        few = [self.lease(poor, tenant=7), self.lease(poor, tenant=7)]
        self.refused("rate_limited", self.lease, poor, tenant=7)
        for each in few:
            poor.ask("LEASE_FREE", lease=each["lease"])
        time.sleep(1.0)
        ask("lease_expired", "MEM_READ", ended)
        after = self.figures()
        still = {name for name in after if name.startswith("refused_") and after[name] == before[name]}
        self.assertEqual(still, set(UNREACHED))
        session.ask("LEASE_FREE", lease=held["lease"])

    def figures(self):
        """GET_COUNTERS, all pages."""
        session, cursor, found = self.session(), 0, {}
        while True:
            page = session.ask("GET_COUNTERS", pieces=True, cursor=cursor)
            found.update({each["name"].decode(): each["value"] for each in page["counters"]})
            cursor = page["next"]
            if cursor == 0:
                return found

    def serves(self):
        self.assertTrue(self.node.machine.is_running())
        session = self.session()
        lease = self.lease(session)
        session.ask("MEM_WRITE", token=lease["token"], offset=0, data=b"still here")
        self.assertEqual(session.ask("MEM_READ", token=lease["token"], offset=0,
                                     length=10)["data"], b"still here")
        session.ask("LEASE_FREE", lease=lease["lease"])


if __name__ == "__main__":
    unittest.main(verbosity=2, warnings="ignore")
