# SPDX-License-Identifier: Apache-2.0
"""What a run on a fabric is told: options, and the keys of config.toml that mean something there.

The keys and their bounds are those of examples/ec_counter/config.toml; what only a net in one process
has (`latency_ms`, losses) is the relay's here and is left out.
"""

import argparse
import tomllib
from dataclasses import dataclass
from pathlib import Path

SEEDS = 2 ** 64


@dataclass
class Settings:
    num_servers: int = 3
    num_clients: int = 3
    requests: int = 100
    sync_period_ms: int = 100
    value_least: int = 0
    value_most: int = 999
    call_timeout_ms: int = 1_000
    first_wait_ms: int = 8_000      # the net is slower than one process, and is cut for a while
    second_wait_ms: int = 1_000
    seed: int = 1
    is_durable: bool = False

    def words(self) -> list[str]:
        """As the program on a machine takes them. How many there are of whom it is told otherwise, and
        the seed has an argument of its own."""
        return [f"{key}={getattr(self, key)}" for key in KEYS
                if key not in ("num_servers", "num_clients", "seed")]


class BadSetting(Exception):
    """What is wrong, where, and what is accepted."""


# Least and most: a fabric has three machines, and bounded places for letters on their way.
KEYS = {
    "num_servers": (1, 3),
    "num_clients": (0, 12),
    "requests": (0, 1_000),
    "sync_period_ms": (10, 60_000),
    "value_least": (0, 2 ** 32 - 1),
    "value_most": (0, 2 ** 32 - 1),
    "call_timeout_ms": (100, 10_000),
    "first_wait_ms": (0, 60_000),
    "second_wait_ms": (0, 60_000),
    "seed": (0, SEEDS - 1),
}


def read_file(path: Path, into: Settings) -> None:
    """Raises BadSetting."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadSetting(f"{path}: {error.strerror}; expected a file of settings") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{path}: {error}") from None
    for key, (least, most) in KEYS.items():
        value = found.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            if not least <= value <= most:
                raise BadSetting(f"{path}: {key}: got {value}, expected {least} … {most} on a fabric")
            setattr(into, key, value)
        elif value is not None and key not in ("num_servers", "num_clients"):
            raise BadSetting(f"{path}: {key}: got {value!r}, expected an integer")
    if into.value_least > into.value_most:
        raise BadSetting(f"{path}: value_least: got {into.value_least}, expected at most value_most, "
                         f"{into.value_most}")


def parse(words: list[str], root: Path) -> tuple[argparse.Namespace, Settings]:
    parser = argparse.ArgumentParser(
        prog="tools/run ec-counter --fabric",
        description="ec-counter on three machines: each server on a node that leases it the memory "
                    "of its counter, the clients on this host, through a partition that heals; then "
                    "one lease is revoked, and the audit chains tell all of it.")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML)")
    parser.add_argument("--seed", type=int, help="of the clients and of the net (1)")
    parser.add_argument("--durable", action="store_true",
                        help="each counter is kept in leased blocks of the other nodes; in place of "
                             "the revocation, a machine loses its power")
    parser.add_argument("--out", type=Path, default=root / "out" / "ec-counter", metavar="DIR",
                        help="where report.json, trace.txt, audit/, console/ and disk/ go")
    parser.add_argument("--timeout", type=float, default=170.0, metavar="SECONDS",
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
    options = parser.parse_args(words)
    settings = Settings(is_durable=options.durable)
    try:
        if options.config:
            read_file(options.config, settings)
    except BadSetting as problem:
        parser.exit(2, f"tools/run ec-counter --fabric: {problem}\n")
    if settings.is_durable and settings.num_servers < 2:
        parser.error("--durable: got num_servers = 1, expected 2 or 3: a counter is kept on others")
    if options.seed is not None:
        settings.seed = options.seed
    if not 0 <= settings.seed < SEEDS:
        parser.error(f"--seed: got {settings.seed}, expected 0 … 2^64 - 1")
    return options, settings
