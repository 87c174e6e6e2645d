# SPDX-License-Identifier: Apache-2.0
"""What a run on a fabric is told: options, and the keys of config.toml that mean something there.

A second reader of the file would be a laxer one. So the program `ec-counter` itself reads it
(`--check`) and says what it understood; here stands only what a fabric is narrower in, and what one
that is cut needs. Keys of the net in one process (`latency_ms`, losses) are the relay's here: that
they are passed over is said.
"""

import argparse
import json
import math
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import acts

NAME = "tools/run ec-counter --fabric"
SEED_MOST = 2 ** 63 - 1         # the program's
TIMEOUT_MOST = 86_400.0
FIRST_WAIT_MS = 8_000           # the net is slower than one process, and is cut for a while


@dataclass
class Settings:
    num_servers: int = 3
    num_clients: int = 3
    requests: int = 100
    sync_period_ms: int = 100
    value_least: int = 0
    value_most: int = 999
    call_timeout_ms: int = 1_000
    first_wait_ms: int = FIRST_WAIT_MS
    second_wait_ms: int = 1_000
    seed: int = 1
    is_durable: bool = False

    def words(self) -> list[str]:
        """As the program on a machine takes them. How many there are of whom it is told otherwise, and
        the seed has an argument of its own."""
        return [f"{key}={getattr(self, key)}" for key in vars(self)
                if key not in ("num_servers", "num_clients", "seed", "is_durable")]


class BadSetting(Exception):
    """What is wrong, where, and what is accepted."""


# Least and most where a fabric takes less than the program: it has three machines, bounded places for
# letters on their way, and real time passes.
BOUNDS = {
    "num_servers": (1, 3),
    "num_clients": (0, 12),
    "requests": (0, 1_000),
    "sync_period_ms": (10, 60_000),
    "call_timeout_ms": (100, 10_000),
    "first_wait_ms": (0, 60_000),
    "second_wait_ms": (0, 60_000),
}


def given_in(path: Path) -> dict:
    """What stands in the file, whatever it is."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSetting(f"{path}: {error.strerror}, accepted: a file of settings") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path}: no TOML: {error}") from None


def check_bounds(path: Path, values: dict) -> None:
    for key, (least, most) in BOUNDS.items():
        value = values.get(key)
        if type(value) is int and not least <= value <= most:
            raise BadSetting(f"{path}: {key}: got {value}, accepted: {least} to {most} on a fabric")


def passed_over(given: dict) -> list[str]:
    """Keys of the net in one process."""
    return [*(key for key in ("latency_ms", "jitter_ms") if key in given),
            *(f"network.{key}" for key in given.get("network", {}))]


def understood(path: Path, program: Path) -> dict:
    """All settings, as the program says that it takes this file."""
    done = subprocess.run([program, "--config", path, "--check"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60, check=False)
    if done.returncode:
        raise BadSetting(done.stderr.strip().removeprefix("ec-counter: ")
                         or f"{program} ended with {done.returncode}")
    return json.loads(done.stdout)


def check_time(path: Path, settings: Settings, is_cut: bool) -> None:
    """Clients are done before main asks for the last time; and if a server is cut off, somebody is at
    work then, and times out."""
    need = settings.num_clients and settings.requests * acts.REQUEST_MS
    where = f"for {settings.requests} requests"
    if is_cut:
        need += round(acts.CUT_S * 1_000) + settings.call_timeout_ms
        where += " and a partition"
        for key, least, most in (("requests", acts.CUT_REQUESTS, BOUNDS["requests"][1]),
                                 ("call_timeout_ms", BOUNDS["call_timeout_ms"][0],
                                  acts.CUT_CALL_MS)):
            if not least <= getattr(settings, key) <= most:
                raise BadSetting(f"{path}: {key}: got {getattr(settings, key)}, accepted: {least} "
                                 f"to {most} with a partition; or --no-partition")
    wait = settings.first_wait_ms + settings.second_wait_ms
    if wait < need:
        raise BadSetting(f"{path}: first_wait_ms + second_wait_ms: got {wait}, accepted: at least "
                         f"{need} {where}")


def read(options: argparse.Namespace, program: Path) -> tuple[Settings, list[str]]:
    """And the keys that mean nothing here. Raises BadSetting."""
    path = options.config
    given = given_in(path)
    known = understood(path, program)
    check_bounds(path, known)
    settings = Settings(**{key: known[key] for key in vars(Settings()) if key in known},
                        is_durable=options.durable)
    if "first_wait_ms" not in given:
        settings.first_wait_ms = FIRST_WAIT_MS
    if options.seed is not None:
        settings.seed = options.seed
    check_time(path, settings, acts.is_cut(settings, options))
    if settings.is_durable and settings.num_servers < 2:
        raise BadSetting(f"{path}: num_servers: got {settings.num_servers}, accepted: 2 to 3 with "
                         f"--durable: a counter is kept on others")
    return settings, passed_over(given)


def seed(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > SEED_MOST:
        raise argparse.ArgumentTypeError(f"got {text}, accepted: an integer, 0 to {SEED_MOST}")
    return int(text)


def seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 1.0 <= value <= TIMEOUT_MOST:    # what is no number is in no range
        raise argparse.ArgumentTypeError(f"got {text}, accepted: 1 to {TIMEOUT_MOST:.0f} seconds")
    return value


def parse(words: list[str], root: Path) -> argparse.Namespace:
    """The options, and of the file what can be told before the program is built."""
    parser = argparse.ArgumentParser(
        prog=NAME,
        description="ec-counter on three machines: each server on a node that leases it the memory "
                    "of its counter, the clients on this host, through a partition that heals; then "
                    "one lease is revoked, and the audit chains tell all of it.")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML)",
                        default=root / "examples" / "ec_counter" / "config.toml")
    parser.add_argument("--seed", type=seed, help="of the clients and of the net (1)")
    parser.add_argument("--durable", action="store_true",
                        help="each counter is kept in leased blocks of the other nodes; in place of "
                             "the revocation, a machine loses its power")
    parser.add_argument("--out", type=Path, default=root / "out" / "ec-counter", metavar="DIR",
                        help="where report.json, trace.txt, audit/, console/ and disk/ go")
    parser.add_argument("--timeout", type=seconds, default=170.0, metavar="SECONDS",
                        help="for all of it (170)")
    parser.add_argument("--json", action="store_true",
                        help="print report.json to stdout, everything else to stderr")
    parser.add_argument("--processes", action="store_true",
                        help="all servers as processes of this host, none in QEMU")
    parser.add_argument("--no-partition", action="store_true", help="nobody is cut off")
    parser.add_argument("--no-revoke", "--no-crash", action="store_true", dest="no_second",
                        help="end with the verdict")
    parser.add_argument("--no-build", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--or-skip", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--check-options", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--check-settings", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    try:
        check_bounds(options.config, given_in(options.config))
    except BadSetting as problem:
        parser.exit(2, f"{NAME}: {problem}\n")
    return options
