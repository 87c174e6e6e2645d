# SPDX-License-Identifier: Apache-2.0
"""Event files for tests, of runs that look like ec-counter's: servers that keep the largest value,
clients that ask, a network that delays, loses, copies and is cut for a while.

usage: make_events.py FILE [SEED [SERVERS [CLIENTS]]]
"""

import heapq
import json
import random
import sys
from pathlib import Path

SYNC_MS, PATIENCE_MS = 100, 1000


class World:
    def __init__(self, seed=1, servers=3, clients=5, requests=20, loss=0.04, cut=(60, 260),
                 end_ms=6000):
        self.random = random.Random(seed)
        self.settings = {"num_servers": servers, "num_clients": clients, "requests": requests}
        self.servers = list(range(1, servers + 1))
        self.clients = list(range(servers + 1, servers + clients + 1))
        self.names = {0: "main", **{n: f"server-{n}" for n in self.servers},
                      **{n: f"client-{n - servers}" for n in self.clients}}
        self.loss, self.cut, self.end_ms = loss, cut, end_ms
        self.counter = {n: 0 for n in self.servers}
        self.left = {n: requests for n in self.clients}
        self.waits = {}                     # client: the letter of its open call
        self.lines, self.queue, self.now = [], [], 0
        self.letters = self.order = 0
        actors = [{"number": n, "name": name, "kind": name.split("-")[0]}
                  for n, name in self.names.items()]
        self.tell("run", program="ec-counter", seed=seed, settings=self.settings, actors=actors)

    def tell(self, what, **more):
        time = {} if what == "run" else {"t": self.now}
        self.lines.append({"what": what, **time, **more})

    def later(self, delay, act):
        self.order += 1
        heapq.heappush(self.queue, (self.now + delay, self.order, act))

    def print(self, actor, rule, text):
        self.tell("line", actor=actor, rule=rule, text=text)

    def is_cut(self, one, other):
        begin, end = self.cut or (0, 0)
        return begin <= self.now < end and (one == 1) != (other == 1) and max(one, other) < 4

    def send(self, kind, sender, to, message, text, act, delay=None):
        self.letters += 1
        letter = self.letters
        self.tell("send", letter=letter, **{"from": sender}, to=to, kind=kind, message=message,
                  text=text)
        is_far = 0 not in (sender, to) and sender != to
        why = "cut" if is_far and self.is_cut(sender, to) else \
            "loss" if is_far and self.random.random() < self.loss else ""
        if why:
            self.tell("lose", letter=letter, why=why)
            return letter
        if delay is None:
            delay = self.random.randint(1, 6) if is_far else 1

        def arrive():
            self.tell("arrive", letter=letter)
            act(letter)
        self.later(delay, arrive)
        return letter

    def set_counter(self, server, value, rule, text):
        was, self.counter[server] = self.counter[server], value
        self.print(server, rule, f"[{self.names[server]}] {text} (was {was})")
        self.tell("show", actor=server, name="counter", value=value)

    def sync(self, server):
        for peer in self.servers:
            if peer != server:
                value = self.counter[server]
                self.send("send", server, peer, "SyncValue", f"SyncValue(value={value})",
                          lambda _, to=peer, value=value: self.on_sync(to, value))
        self.send("timer", server, server, "DoSync", "DoSync", lambda _: self.sync(server), SYNC_MS)

    def on_sync(self, server, value):
        if value > self.counter[server]:
            self.set_counter(server, value, "sync_updated", f"SYNC received {value} -> updated")

    def step(self, client):
        name = self.names[client]
        if self.left[client] == 0:
            self.print(client, "finished", f"[{name}] Finished all requests")
            self.tell("stop", actor=client, why="finished")
            return
        server = self.servers[(client - len(self.servers) - 1) % len(self.servers)]
        value = self.random.choice([None, self.random.randint(0, 999)])
        message = "Get" if value is None else "Set"
        text = "Get" if value is None else f"Set(value={value})"
        letter = self.send("call", client, server, message, text,
                           lambda asked: self.serve(server, client, value, asked))
        self.waits[client] = letter
        self.later(PATIENCE_MS, lambda: self.patience(client, letter))

    def serve(self, server, client, value, asked):
        name = self.names[server]
        if value is None:
            answer = self.counter[server]
            self.print(server, "get", f"[{name}] GET -> {answer}")
        elif value > self.counter[server]:
            self.set_counter(server, value, "set_accepted", f"SET {value} -> accepted")
            answer = "accepted"
        else:
            self.print(server, "set_rejected",
                       f"[{name}] SET {value} -> rejected (current {self.counter[server]})")
            answer = "rejected"
        self.send("answer", server, client, "Answer", f"Answer({answer})",
                  lambda _: self.on_answer(client, value, answer, asked))

    def on_answer(self, client, value, answer, asked):
        if self.waits.get(client) != asked:
            return
        self.waits.pop(client)
        what = "GET" if value is None else f"SET {value}"
        self.print(client, "answered", f"[{self.names[client]}] {what} -> {answer}")
        self.next(client)

    def patience(self, client, letter):
        if self.waits.get(client) == letter:
            self.waits.pop(client)
            self.tell("timeout", actor=client, letter=letter)
            self.print(client, "timed_out", f"[{self.names[client]}] timed out")
            self.next(client)

    def next(self, client):
        self.left[client] -= 1
        self.send("timer", client, client, "Continue", "Continue", lambda _: self.step(client), 0)

    def check(self):
        for server in self.servers:
            value = self.counter[server]
            self.print(server, "get", f"[{self.names[server]}] GET -> {value}")
            self.print(0, "value", f"{self.names[server]}: {value}")

    def run(self):
        self.print(0, "start", f"Starting ec-counter with {len(self.servers)} servers and "
                               f"{len(self.clients)} clients")
        peers = len(self.servers) - 1
        for server in self.servers:
            self.tell("show", actor=server, name="counter", value=0)
            self.send("send", 0, server, "SetPeers", f"SetPeers({peers} peers)",
                      lambda _, to=server: self.print(
                          to, "peers", f"[{self.names[to]}] Registered {peers} peers"))
            self.send("timer", server, server, "DoSync", "DoSync",
                      lambda _, to=server: self.sync(to), SYNC_MS)
        for client in self.clients:
            self.send("send", 0, client, "Start", "Start", lambda _, to=client: self.step(to))
        if self.cut:
            text = f"cut {self.names[1]} | " + " ".join(self.names[n] for n in self.servers[1:])
            self.later(self.cut[0], lambda: self.tell("fault", text=text, until=self.cut[1]))
        self.later(max(self.end_ms - 1000, 0), self.check)
        self.later(self.end_ms, self.check)
        while self.queue and self.queue[0][0] <= self.end_ms:
            self.now, _, act = heapq.heappop(self.queue)
            act()
        self.now = self.end_ms
        converged = len(set(self.counter.values())) == 1
        self.tell("end", converged=converged, value=max(self.counter.values()),
                  exit=0 if converged else 1)
        return self.lines


def write(path, lines):
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines),
                    encoding="utf-8")


def make_runs(seed=1, periods=(20, 50, 100, 200), losses=(0, 100, 300, 500, 800), runs=200):
    """A runs file: the more is lost, the longer and the less certain."""
    draw = random.Random(seed)
    cells = []
    for period in periods:
        for loss in losses:
            times = []
            for _ in range(runs):
                ms = 60 + draw.random() * 60
                while draw.random() < loss / 1000 or draw.random() < 0.3:
                    ms += period
                times.append(round(ms + period * draw.random()))
            met = sorted(time for time in times if time < 4000)
            counts = {}
            for time in met:
                counts[time // 20 * 20] = counts.get(time // 20 * 20, 0) + 1
            at = {p: met[min(int(len(met) * p / 100), len(met) - 1)] for p in (50, 90, 99)}
            cells.append({"sync_period_ms": period, "loss_permille": loss, "converged": len(met),
                          "ms": {"p50": at[50], "p90": at[90], "p99": at[99], "max": met[-1]},
                          "histogram": sorted(counts.items())})
    return {"program": "ec-counter", "runs": runs, "cells": cells}


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[2:]]
    write(Path(sys.argv[1]), World(*numbers).run())
