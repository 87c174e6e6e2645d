# SPDX-License-Identifier: Apache-2.0
"""grafos-netem with real sockets: each fault, its figures, and what is refused.

usage: netem_test.py PROGRAM [unittest's words]
"""

import contextlib
import json
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from relay_client import NetemError, Relay, read_pcap  # noqa: E402

PROGRAM = Path(sys.argv.pop(1)) if __name__ == "__main__" else Path()
STEP = 100            # packets sent before the relay is asked whether it has them all
PATIENCE_S = 20.0


class End:
    """A node: one UDP socket."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(PATIENCE_S)

    @property
    def address(self):
        return self.socket.getsockname()

    def send(self, payload, to):
        self.socket.sendto(payload, to)

    def receive(self, timeout=PATIENCE_S):
        self.socket.settimeout(timeout)
        return self.socket.recvfrom(65536)

    def waiting(self):
        """What has come so far."""
        found = []
        self.socket.settimeout(0)
        with contextlib.suppress(BlockingIOError):
            while True:
                found.append(self.socket.recvfrom(65536)[0])
        return found


def packet(number, size=32):
    return struct.pack(">I", number) + bytes((number * 7 + i) & 0xff for i in range(size - 4))


def numbers(packets):
    return [struct.unpack_from(">I", each)[0] for each in packets]


class NetemTest(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="netem-"))
        self.a, self.b = End(), End()
        self.relay = None

    def tearDown(self):
        if self.relay:
            self.relay.kill()
        shutil.rmtree(self.folder)
        self.a.socket.close()
        self.b.socket.close()

    def start(self, *options, **nodes):
        """A relay between a and b, and whoever else is named."""
        self.stop()
        self.relay = Relay(PROGRAM, {"a": self.a.address, "b": self.b.address, **nodes}, *options)
        return self.relay

    def stop(self):
        if self.relay:
            told, self.relay = self.relay.stop(), None
            return told
        return None

    def burst(self, count, source=None, pair=("a", "b")):
        """Sends packets 0 … count-1; answers what came out, in its order."""
        source, (name, other) = source or self.a, pair
        target = self.b if other == "b" else self.a
        base = self.relay.counters(f"{name}:{other}")["arrived"]
        found = []
        for begin in range(0, count, STEP):
            end = min(begin + STEP, count)
            for number in range(begin, end):
                source.send(packet(number), self.relay.addresses[pair])
            self.until(lambda want=base + end: self.relay.counters(f"{name}:{other}")["arrived"]
                       >= want)
            found += target.waiting()
        return found

    def until(self, holds):
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            self.assertLess(time.monotonic(), deadline, "waited too long")
            time.sleep(0.001)

    # --- the way ---------------------------------------------------------------------------------

    def test_each_node_sees_one_address_per_peer(self):
        relay = self.start()
        self.a.send(b"to b", relay.addresses["a", "b"])
        payload, seen = self.b.receive()
        self.assertEqual((payload, seen), (b"to b", relay.addresses["b", "a"]))
        self.b.send(b"back", seen)
        self.assertEqual(self.a.receive(), (b"back", relay.addresses["a", "b"]))

    def test_a_clean_way_changes_nothing(self):
        self.start()
        self.assertEqual(self.burst(10_000), [packet(number) for number in range(10_000)])
        counters = self.relay.counters("a:b")
        self.assertEqual((counters["arrived"], counters["left"]), (10_000, 10_000))

    def test_datagrams_of_any_size_pass(self):
        relay = self.start()
        for size in (0, 1, 1400, 9000, 65507):
            self.a.send(bytes(size), relay.addresses["a", "b"])
            self.assertEqual(len(self.b.receive()[0]), size)

    def test_strangers_do_not_pass(self):
        relay = self.start()
        stranger = End()
        stranger.send(b"x", relay.addresses["a", "b"])
        self.until(lambda: relay.counters("a:b")["foreign"] == 1)
        self.assertEqual((self.b.waiting(), relay.counters("a:b")["arrived"]), ([], 0))
        stranger.socket.close()

    def test_clients_without_address_get_their_own_answers(self):
        relay = self.start(cli=None)
        clients = [End() for _ in range(70)]
        for number, client in enumerate(clients):
            client.send(packet(number), relay.addresses["cli", "a"])
            payload, seen = self.a.receive()
            self.assertEqual(payload, packet(number))
            self.a.send(b"for %d" % number, seen)
            self.assertEqual(client.receive(), (b"for %d" % number, relay.addresses["cli", "a"]))
        relay.tell("partition a:cli")
        clients[-1].send(b"?", relay.addresses["cli", "a"])
        self.a.send(b"lost", self.a.receive()[1])
        self.until(lambda: relay.counters("a:cli")["cut"] == 1)
        self.assertEqual(clients[-1].waiting(), [])
        for client in clients:
            client.socket.close()

    def test_a_node_that_moved_is_found_again(self):
        relay, moved = self.start(), End()
        relay.tell(f"node b 127.0.0.1:{moved.address[1]}")
        self.a.send(b"x", relay.addresses["a", "b"])
        self.assertEqual(moved.receive()[0], b"x")
        moved.socket.close()

    # --- faults ----------------------------------------------------------------------------------

    def test_drop_has_its_share_and_its_seed(self):
        self.start("--seed=7", "--fault=all drop=0.1")
        first = numbers(self.burst(10_000))
        self.assertTrue(8_880 <= len(first) <= 9_120, len(first))  # ± 4 standard deviations
        print(f"drop=0.1: {10_000 - len(first)} of 10000 dropped")
        self.assertEqual(self.relay.counters("a:b")["dropped"], 10_000 - len(first))
        self.relay.tell("seed 7")
        self.assertEqual(numbers(self.burst(10_000)), first, "same seed, same packets")
        self.relay.tell("seed 8")
        self.assertNotEqual(numbers(self.burst(10_000)), first, "another seed")
        self.start("--seed=7", "--fault=a:b drop=0.1 flip=0.5 duplicate=0.3")
        again = {struct.unpack(">I", each[:4])[0] for each in self.burst(1_000)}
        whole = {number for number in first if number < 1_000}
        self.assertGreaterEqual(len(whole & again), len(whole) * 0.9)
        self.assertEqual(self.relay.counters("a:b")["dropped"], 1_000 - len(whole))

    def test_the_two_ways_have_patterns_of_their_own(self):
        self.start("--fault=all drop=0.5")
        there = numbers(self.burst(1_000))
        back = numbers(self.burst(1_000, self.b, ("b", "a")))
        self.assertNotEqual(there, back)
        self.assertLess(abs(len(there) - len(back)), 150)

    def test_drop_0_and_1_are_certain(self):
        self.start("--fault=a:b drop=1")
        self.assertEqual(self.burst(1_000), [])
        self.assertEqual(len(self.burst(1_000, self.b, ("b", "a"))), 1_000)

    def test_duplicate_has_its_share(self):
        self.start("--fault=a:b duplicate=0.2")
        found = numbers(self.burst(10_000))
        print(f"duplicate=0.2: {len(found) - 10_000} of 10000 doubled")
        self.assertTrue(11_840 <= len(found) <= 12_160, len(found))
        self.assertEqual(sorted(set(found)), list(range(10_000)))
        self.assertEqual(max(found.count(number) for number in range(0, 10_000, 97)), 2)

    def test_flips_invert_exactly_that_many_bits(self):
        for bits in (1, 5):
            self.start(f"--fault=a:b flip=0.25 flip_bits={bits}")
            found = self.burst(4_000)
            wrong = [sum((x ^ y).bit_count() for x, y in zip(got, packet(number)))
                     for number, got in enumerate(found)]
            print(f"flip=0.25 flip_bits={bits}: {4_000 - wrong.count(0)} of 4000 damaged")
            self.assertEqual(set(wrong), {0, bits})
            self.assertTrue(890 <= 4_000 - wrong.count(0) <= 1_110)

    def test_delay_keeps_its_bounds_and_the_order(self):
        relay = self.start("--fault=a:b delay=20..40")
        waits, order = [], []
        for number in range(100):
            began = time.monotonic()
            self.a.send(packet(number), relay.addresses["a", "b"])
            order += numbers([self.b.receive()[0]])
            waits.append((time.monotonic() - began) * 1000)
        print(f"delay=20..40: {min(waits):.1f} to {max(waits):.1f} ms, "
              f"median {sorted(waits)[50]:.1f}")
        self.assertGreaterEqual(min(waits), 20)
        self.assertLess(min(waits), 30, "spread over the range")
        self.assertGreater(max(waits), 30, "spread over the range")
        self.burst(500)
        self.until(lambda: relay.counters("a:b")["waiting"] == 0)
        self.assertEqual(order, list(range(100)))
        self.assertEqual(relay.counters("a:b")["delayed"], 600)

    def test_delayed_packets_leave_in_order(self):
        relay = self.start("--fault=a:b delay=1..50")
        self.burst_without_reading(200)
        self.until(lambda: relay.counters("a:b")["left"] == 200)
        self.assertEqual(numbers(self.b.waiting()), list(range(200)))

    def burst_without_reading(self, count):
        for number in range(count):
            self.a.send(packet(number), self.relay.addresses["a", "b"])
        self.until(lambda: self.relay.counters("a:b")["arrived"] == count)

    def test_reorder_changes_order_only(self):
        self.start("--fault=a:b reorder=0.1 reorder_depth=3")
        first = self.reordered()
        self.assertEqual(sorted(first), list(range(5_000)))
        late = [at for at, number in enumerate(first) if at > 0 and number < max(first[:at])]
        print(f"reorder=0.1: {len(late)} of 5000 late")
        self.assertTrue(400 <= len(late) <= 600, len(late))
        passed = [sum(other > first[at] for other in first[:at]) for at in late]
        self.assertTrue(all(3 <= count <= 8 for count in passed[:-1]), sorted(passed))
        self.assertEqual(self.relay.counters("a:b")["reordered"], len(late))
        self.relay.tell("seed 1")
        self.assertEqual(self.reordered(), first, "same seed, same order")

    def reordered(self):
        found = numbers(self.burst(5_000))
        self.until(lambda: self.relay.counters("a:b")["waiting"] == 0)
        return found + numbers(self.b.waiting())

    def test_a_packet_that_nothing_passes_still_arrives(self):
        relay = self.start("--fault=a:b reorder=1")
        began = time.monotonic()
        self.a.send(b"alone", relay.addresses["a", "b"])
        self.assertEqual(self.b.receive()[0], b"alone")
        self.assertGreaterEqual(time.monotonic() - began, 0.1)

    def test_a_one_way_partition_cuts_one_way_and_heals(self):
        relay = self.start()
        relay.tell("partition a:b")
        self.assertEqual(self.burst(200), [])
        self.assertEqual(len(self.burst(200, self.b, ("b", "a"))), 200)
        self.assertEqual(relay.counters("a:b")["cut"], 200)
        relay.tell("heal a:b")
        self.assertEqual(len(self.burst(200)), 200)
        relay.tell("partition a::b")
        self.assertEqual(self.burst(100) + self.burst(100, self.b, ("b", "a")), [])
        relay.tell("heal")
        self.assertEqual(len(self.burst(100) + self.burst(100, self.b, ("b", "a"))), 200)

    def test_a_clogged_way_delivers_later_in_order(self):
        relay = self.start()
        relay.tell("clog a:b")
        self.assertEqual(self.burst(250), [])
        self.assertEqual(relay.counters("a:b")["waiting"], 250)
        relay.tell("unclog a:b")
        self.until(lambda: relay.counters("a:b")["left"] == 250)
        self.assertEqual(numbers(self.b.waiting()), list(range(250)))
        relay.tell("clog a:b 100")
        began = time.monotonic()
        self.a.send(b"soon", relay.addresses["a", "b"])
        self.assertEqual(self.b.receive()[0], b"soon")
        self.assertGreater(time.monotonic() - began, 0.05)

    def test_a_clogged_way_holds_so_many(self):
        relay = self.start()
        relay.tell("clog a:b")
        most = 65_536
        done = subprocess.run([PROGRAM, "forge", "--kind=sealed", f"--count={most + 100}",
                               "--size=16", "--rate=0", "--wait=0", "--to",
                               "%s:%d" % relay.addresses["a", "b"], "--from",
                               self.address_of_a_now_free()], capture_output=True, check=True)
        self.assertEqual(json.loads(done.stdout)["refused"], 0)
        self.until(lambda: relay.counters("a:b")["arrived"] +
                   relay.tell("show a:b")["kernel_drops"] == most + 100)
        counters = relay.counters("a:b")
        self.assertEqual(counters["waiting"], min(counters["arrived"], most))
        self.assertEqual(counters["overflowed"], max(0, counters["arrived"] - most))

    def address_of_a_now_free(self):
        address = "%s:%d" % self.a.address
        self.a.socket.close()
        return address

    # --- captures --------------------------------------------------------------------------------

    def captured(self, what="both"):
        path = self.folder / "way.pcap"
        relay = self.start(f"--pcap={path}", f"--pcap-what={what}", "--fault=a:b drop=0.5 flip=0.2",
                           cli=None)
        came = self.burst(400)
        self.burst(50, self.b, ("b", "a"))
        client = End()
        client.send(b"hello", relay.addresses["cli", "b"])
        self.b.send(b"there", self.b.receive()[1])
        client.receive()
        port = client.address[1]
        client.socket.close()
        told = self.stop()
        return path, came, port, told

    def test_a_capture_holds_both_sides_of_the_relay(self):
        before = time.time()
        path, came, port, told = self.captured()
        found = read_pcap(path)
        self.assertEqual(told["pcap"]["packets"], len(found))
        self.assertTrue(all(each.sums_hold for each in found))
        stamps = [each.seconds for each in found]
        self.assertTrue(stamps == sorted(stamps) and before < stamps[0] <= stamps[-1] < time.time())
        a_to_b = [each for each in found if (each.source, each.target) == ("10.71.70.1", "10.71.70.2")]
        inside = [each for each in a_to_b if each.ttl == 64]
        outside = [each for each in a_to_b if each.ttl == 63]
        self.assertEqual([each.payload for each in inside], [packet(i) for i in range(400)])
        self.assertEqual([each.payload for each in outside], came)
        self.assertEqual({(each.source_port, each.target_port) for each in a_to_b}, {(7000, 7000)})
        by_number = {each.number: each.payload for each in inside}
        damaged = sum(by_number[each.number] != each.payload for each in outside)
        self.assertTrue(20 <= damaged <= 60, damaged)
        client = [each for each in found if "10.71.70.3" in (each.source, each.target)]
        self.assertEqual([(each.source_port, each.target_port, each.ttl) for each in client],
                         [(port, 7000, 64), (port, 7000, 63), (7000, port, 64), (7000, port, 63)])
        self.assertEqual(Path(f"{path}.hosts").read_text(),
                         "10.71.70.1 a\n10.71.70.2 b\n10.71.70.3 cli\n")

    def test_a_capture_holds_only_the_side_asked_for(self):
        for what, ttl in (("in", 64), ("out", 63)):
            self.assertEqual({each.ttl for each in read_pcap(self.captured(what)[0])}, {ttl})

    @unittest.skipUnless(shutil.which("tshark"), "tshark is not installed")
    def test_tshark_reads_a_capture(self):
        path, came, _, _ = self.captured()
        done = subprocess.run(
            ["tshark", "-r", path, "-n", "-T", "fields", "-e", "ip.src", "-e", "ip.dst", "-e",
             "udp.srcport", "-e", "ip.ttl", "-e", "udp.checksum.status", "-e",
             "ip.checksum.status", "-e", "data.data", "-e", "_ws.expert", "-d",
             "udp.port==7000,data", "-o",
             "udp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"],
            capture_output=True, text=True, check=True)
        rows = [line.split("\t") for line in done.stdout.splitlines()]
        self.assertEqual(len(rows), len(read_pcap(path)))
        self.assertEqual({tuple(row[4:6]) for row in rows}, {("1", "1")}, "checksums are good")
        # Chats are none: a client whose port lies in 33434 ... 33534 is taken for a traceroute.
        complaints = [row[7] for row in rows if row[7] and "(Chat/" not in row[7]]
        self.assertEqual(complaints, [], "tshark complains of nothing")
        left = [bytes.fromhex(row[6].replace(":", "")) for row in rows
                if row[0] == "10.71.70.1" and row[3] == "63"]
        self.assertEqual(left, came)

    def test_a_capture_starts_and_ends_on_command(self):
        relay = self.start()
        self.burst(10)
        relay.tell(f"pcap {self.folder / 'some.pcap'} in")
        self.burst(20)
        relay.tell("pcap flush")
        self.assertEqual(len(read_pcap(self.folder / "some.pcap")), 20)
        self.assertEqual(relay.tell("pcap off")["pcap"]["packets"], 20)
        self.burst(10)
        self.assertEqual(len(read_pcap(self.folder / "some.pcap")), 20)

    # --- replay and forge ------------------------------------------------------------------------

    def run_tool(self, *words):
        done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def test_a_capture_is_replayed_whole_in_part_and_shuffled(self):
        path, _, _, _ = self.captured()
        to = "--to=%s:%d" % self.b.address
        pair = ["--from-pair=a:b", "--ttl=in", "--wait=0"]
        whole = []
        for first in range(0, 400, STEP):
            told = self.run_tool("replay", str(path), to, *pair, f"--first={first}",
                                 f"--count={STEP}")
            self.assertEqual((told["chosen"], told["sent"], told["answers"]), (STEP, STEP, 0))
            whole += self.b.waiting()
        self.assertEqual(whole, [packet(i) for i in range(400)])
        self.run_tool("replay", str(path), to, *pair, "--first=100", "--count=50")
        self.assertEqual(self.b.waiting(), [packet(i) for i in range(100, 150)])
        shuffled = []
        for _ in range(2):
            self.run_tool("replay", str(path), to, *pair, "--shuffle", "--count=100", "--seed=3")
            shuffled.append(numbers(self.b.waiting()))
        self.assertEqual(shuffled[0], shuffled[1])
        self.assertEqual(sorted(shuffled[0]), list(range(100)))
        self.assertNotEqual(shuffled[0], list(range(100)))
        told = self.run_tool("replay", str(path), to, "--from-pair=2:1", "--ttl=out", "--part=0.5",
                             "--repeat=4", "--flip=1")
        self.assertTrue(60 <= told["sent"] <= 140 and told["flipped"] == told["sent"], told)
        self.assertEqual(self.run_tool("replay", str(path), to, "--wait=0")["sent"],
                         len(read_pcap(path)))

    def test_forged_packets_have_our_layout(self):
        to = "--to=%s:%d" % self.b.address
        sizes = {"hello": {88}, "init": {180}}
        for kind, code in (("hello", 1), ("init", 3), ("sealed", 5)):
            told = self.run_tool("forge", to, f"--kind={kind}", "--count=200", "--rate=0",
                                 "--wait=0")
            found = self.b.waiting()
            self.assertEqual((told["sent"], len(found)), (200, 200))
            self.assertEqual(len(set(found)), 200)
            for each in found:
                magic, version, got, flags, body = struct.unpack_from(">HBBHH", each)
                self.assertEqual((magic, version, got, flags), (0x6746, 1, code, 0))
                self.assertEqual(body, len(each) - 24)
            self.assertIn({len(each) for each in found}, [sizes.get(kind)] if kind in sizes
                          else [{len(each) for each in found}])
        told = self.run_tool("forge", to, "--count=200", "--rate=400", "--wait=0")
        self.assertGreater(told["seconds"], 0.45)
        self.assertLess(len(self.b.waiting()), 201)

    def test_forged_handshakes_use_a_cookie_that_was_given(self):
        cookie, seen = bytes(range(100, 132)), []

        def node():
            while (got := self.b.receive())[0] != b"end!":
                seen.append(got[0])
                if got[0][3] == 1:
                    body = got[0][24:40] + cookie
                    header = struct.pack(">HBBHHQQ", 0x6746, 1, 2, 1, len(body), 0, 0)
                    self.b.send(header + body, got[1])

        thread = threading.Thread(target=node)
        thread.start()
        told = self.run_tool("forge", "--to=%s:%d" % self.b.address, "--kind=handshake",
                             "--count=100", "--rate=1000")
        self.b.send(b"end!", self.b.address)
        thread.join(PATIENCE_S)
        self.assertEqual((told["cookies"], told["answers"], told["longest_answer"]), (1, 1, 72))
        inits = [data for data in seen if data[3] == 3]
        self.assertEqual({data[24:56] for data in inits}, {cookie})
        self.assertEqual({data[56:72] for data in inits}, {seen[0][24:40]})
        self.assertEqual((len(inits), len({data[72:] for data in inits})), (100, 100))

    # --- control, errors, end --------------------------------------------------------------------

    def test_commands_come_over_tcp_and_over_a_unix_socket(self):
        for options in ((), (f"--control=unix:{self.folder / 'control'}",)):
            relay = self.start(*options)
            control = f"--control={relay.ready['control']}"
            self.run_tool("ctl", control, "set", "a:b", "drop=0.25", "delay=5..20")
            shown = self.run_tool("ctl", control, "show", "a:b")["pairs"][0]["faults"]
            self.assertEqual((shown["drop"], shown["delay_ms"]), (0.25, [5.0, 20.0]))
            help_text = subprocess.run([PROGRAM, "ctl", control, "help"], capture_output=True,
                                       text=True, check=True).stdout
            self.assertIn("partition PAIRS", help_text)
            done = subprocess.run([PROGRAM, "ctl", control, "set", "a:b", "drop=2"],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertEqual(json.loads(done.stdout)["error"]["expected"],
                             "a probability from 0 to 1")
            self.run_tool("ctl", control, "stop")
            relay.process.wait(PATIENCE_S)

    def test_a_command_changes_everything_or_nothing(self):
        relay = self.start()
        with self.assertRaises(NetemError):
            relay.tell("set all drop=0.5 delay=9..3")
        self.assertEqual({each["faults"]["drop"] for each in relay.tell("show")["pairs"]}, {0})
        relay.tell("set all drop=0.5 flip=0.1")
        relay.tell("clear a:b")
        self.assertEqual([each["faults"]["drop"] for each in relay.tell("show")["pairs"]], [0, 0.5])

    def test_bad_commands_say_what_is_wrong(self):
        relay = self.start()
        for command, field, part in (
                ("", "command", "one of set, clear"), ("dance", "command", "one of set"),
                ("set a:b", "set", "2 to"), ("set a:z drop=1", "pairs", "names out of: all, a, b"),
                ("set a drop=1", "pairs", "FROM:TO"), ("set a: drop=1", "pairs", "names out"),
                ("set : drop=1", "pairs", "names out"), ("set a:a drop=1", "pairs", "different"),
                ("set a:b drop=-1", "drop", "0 to 1"), ("set a:b drop=nan", "drop", "0 to 1"),
                ("set a:b speed=1", "fault", "drop, duplicate"), ("set a:b drop", "fault", "KEY="),
                ("set a:b delay=5..1", "delay", "MIN..MAX"), ("set a:b cut=1", "cut", "on or off"),
                ("set a:b flip_bits=0", "flip_bits", "1 to 64"), ("seed -1", "seed", "2^64"),
                ("clog a:b soon", "clog", "milliseconds"), ("node z 1.2.3.4:5", "node", "name"),
                ("node a 1.2.3.4", "node", "ADDRESS:PORT"), ("pcap x y", "pcap", "in, out"),
                ("set \xff\xfe drop=1", "pairs", "FROM:TO")):
            answer = relay.ask(command)
            self.assertFalse(answer["ok"], command)
            self.assertEqual((answer["error"]["code"], answer["error"]["field"]),
                             ("invalid_argument", field), command)
            self.assertIn(part, answer["error"]["expected"], command)
        answer = relay.ask(f"pcap {self.folder}/no/such/folder.pcap")
        self.assertEqual(answer["error"]["code"], "io")

    def test_a_control_client_that_breaks_off_harms_nobody(self):
        relay = self.start()
        host, port = relay.ready["control"].split(":")
        for words in (b"show", b"x" * 5000, b"\xff\xfe\n\n\0\n"):
            with socket.create_connection((host, int(port))) as stream:
                stream.sendall(words)
        self.assertTrue(relay.tell("show")["ok"])

    def test_bad_configurations_name_file_field_value_and_what_is_expected(self):
        good = {"nodes": [{"name": "a", "address": "127.0.0.1:7001"}, {"name": "b"}]}
        path = self.folder / "net.json"
        for change, words in (
                ({"nodes": [{"name": "a", "address": "nowhere"}]},
                 "net.json: nodes[0]: got 'nowhere', expected ADDRESS:PORT"),
                ({"nodes": [{"nam": "a"}]}, "nodes[0]: got 'nam', expected one of name, address"),
                ({"nodes": [{"name": "A b"}]}, "nodes[0]: got 'A b', expected a name of"),
                ({"nodes": [{"name": "a"}, {"name": "a"}]}, "nodes[1]: got 'a', expected a name and"),
                ({"nodes": 5}, "net.json: nodes: got '5', expected a list"),
                ({"nodes": []}, "nodes: got '0', expected 2 to 32"),
                ({"seed": -1}, "net.json: seed: got '-1', expected a whole number"),
                ({"speed": 1}, "net.json: : got 'speed', expected one of nodes"),
                ({"faults": [{"drop": 1.5}]},
                 "net.json: faults[0].drop: got '1.5', expected a probability from 0 to 1"),
                ({"faults": [{"pairs": "a:z", "drop": 1}]},
                 "faults[0]: pairs: got 'a:z', expected names out of: all, a, b"),
                ({"faults": [{"pairs": "all"}]}, "expected at least one of drop"),
                ({"listen": ["a:z=127.0.0.1:5"]}, "listen: got 'a:z', expected FROM:TO"),
                ({"control": "here"}, "net.json: control: got 'here', expected ADDRESS:PORT"),
                ({"pcap": {"what": "all"}}, "got 'all', expected in, out or both")):
            path.write_text(json.dumps({**good, **change}))
            self.refused_to_start(words, f"--config={path}")
        path.write_text('{"nodes": [,]}')
        self.refused_to_start("net.json: got 'byte 12', expected JSON", f"--config={path}")
        self.refused_to_start("no.json: No such file", f"--config={self.folder / 'no.json'}",
                              status=1)
        self.refused_to_start("--node: got 'a=1.2.3.4:0', expected a port", "--node=a=1.2.3.4:0")
        self.refused_to_start("expected KEY=VALUE", "--node=a=127.0.0.1:1", "--node=b",
                              "--fault=all drop")

    def refused_to_start(self, words, *options, status=2):
        done = subprocess.run([PROGRAM, "run", *options], capture_output=True, text=True, check=False,
                              timeout=PATIENCE_S)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertIn(words, done.stderr)

    def test_a_configuration_file_does_what_it_says(self):
        path = self.folder / "net.json"
        path.write_text(json.dumps({
            "nodes": [{"name": "c"}], "seed": 9, "faults": [
                {"pairs": "a:b", "drop": 1, "cut": False}, {"pairs": "b:a", "delay": "5..20"}],
            "pcap": {"file": str(self.folder / "x.pcap"), "what": "both"},
            "control": f"unix:{self.folder / 'control'}"}))
        relay = self.start(f"--config={path}")
        self.assertEqual((relay.ready["seed"], relay.ready["control"]),
                         (9, f"unix:{self.folder / 'control'}"))
        self.assertEqual(self.burst(50), [])
        self.assertEqual(relay.tell("show b:a")["pairs"][0]["faults"]["delay_ms"], [5, 20])
        self.assertEqual(len(read_pcap(self.folder / "x.pcap")) if self.stop() else 0, 50)

    def test_it_stops_cleanly_on_sigterm(self):
        self.start()
        self.burst(10)
        told = self.stop()
        self.assertTrue(told["stopped"])
        self.assertEqual(told["pairs"][0]["counters"]["arrived"], 10)

    def test_every_command_has_help(self):
        for words in ((), ("run",), ("ctl",), ("replay",), ("forge",), ("measure",)):
            done = subprocess.run([PROGRAM, *words, "--help"], capture_output=True, text=True,
                                  check=True)
            self.assertIn("Usage:", done.stdout)
        self.assertEqual(subprocess.run([PROGRAM, "dance"], capture_output=True,
                                        check=False).returncode, 2)

    def test_it_forwards_fast(self):
        told = self.run_tool("measure", "--count=200000")
        print(f"forwarding: {told['per_second']:.0f} packets/s, {told['per_cpu_second']:.0f} per "
              f"second of its own processor time")
        self.assertEqual(told["lost"], 0)
        # The goal is 100,000 on a machine of its own; sanitizers take a factor of three.
        self.assertGreater(told["per_cpu_second"], 20_000)


if __name__ == "__main__":
    unittest.main(verbosity=1)
