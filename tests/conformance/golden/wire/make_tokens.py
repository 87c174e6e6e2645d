# SPDX-License-Identifier: Apache-2.0
"""Golden tokens of wire version 1: each kind, each caveat, and wrong ones with their refusal.

Written by the tokens of the second client (tests/network/tokens.py), which knows the layout from the
README alone. `--check` compares instead of writing. Golden files change only together with their
version.
"""

import hashlib
import json
import struct
import sys
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "network"))

import golden_files  # noqa: E402
from tokens import (  # noqa: E402
    ALLOC, BYTES, HOLDER, LEASE, READ, RIGHTS, SHORTER, TTL, U64_MAX, WINDOW, Wrong, caveat, fixed,
    mint, narrow, open_token)

HERE = Path(__file__).resolve().parent / "v1"
SEED = b"golden tokens"
FIRST_EPOCH = 100


def pattern(start, size):
    return bytes((start + i) & 0xFF for i in range(size))


def root_of(seed):
    """The first 32 bytes of the core's generator (core/crypto/README.md)."""
    key = hashlib.sha256(b"grafos-drbg-seed-v1\n" + seed).digest()
    return hashlib.sha256(b"grafos-drbg-v1\n" + key + struct.pack(">Q", 1)).digest()


ROOT = root_of(SEED)
NODE = pattern(0xC1, 32)
AUDIENCE = NODE[:16]
TENANT, RESOURCE, REF = 7, pattern(0x10, 16), pattern(0x30, 16)
COMMON = {"rights": 7, "tenant": TENANT, "resource": RESOURCE, "audience": AUDIENCE}
LEASE_FIXED = {**COMMON, "kind": LEASE, "lease_ref": REF, "generation": 3, "epoch": 123,
               "expires_at": 61_000, "amount": 65_536, "ttl": 60_000}
ALLOC_FIXED = {**COMMON, "kind": ALLOC, "epoch": FIRST_EPOCH, "expires_at": 31_000,
               "amount": 1 << 20, "ttl": 45_000}
ONE, OTHER = pattern(0x80, 32), pattern(0xA0, 32)
CAVEATS = {
    "shorter": caveat(SHORTER, 1_000), "rights": caveat(RIGHTS, READ),
    "window": caveat(WINDOW, 4_096, 8_192), "bytes": caveat(BYTES, 512),
    "ttl": caveat(TTL, 5_000), "holder": caveat(HOLDER, ONE),
}
HOLDER_OTHER = caveat(HOLDER, OTHER)


def changed(token, at, value):
    return token[:at] + bytes([value]) + token[at + 1:]


def good(lease, alloc):
    """Name, base, caveats: what attenuation makes of the two roots."""
    rows = [("lease", "lease", ()), ("alloc", "alloc", ())]
    rows += [(f"lease, {name}", "lease", (name,)) for name in CAVEATS]
    rows += [(f"alloc, {name}", "alloc", (name,)) for name in CAVEATS if name != "window"]
    rows += [("lease, shorter twice", "lease", ("shorter", "shorter")),
             ("lease, rights then window", "lease", ("rights", "window")),
             ("lease, window then rights", "lease", ("window", "rights")),
             ("lease, each but the holder", "lease", ("shorter", "rights", "window", "bytes", "ttl")),
             ("lease, the holder twice", "lease", ("holder", "holder")),
             ("lease, as many as there may be", "lease", ("rights",) * 8)]
    bases = {"lease": lease, "alloc": alloc}
    for name, base, names in rows:
        token = bases[base]
        for one in names:
            token = narrow(token, CAVEATS[one])
        yield name, base, names, token


def wrong(lease, alloc):
    narrowed = narrow(lease, CAVEATS["rights"])
    windowed = narrow(narrowed, CAVEATS["window"])
    last = len(lease) - 1
    yield "nothing", b""
    yield "a byte short", lease[:-1]
    yield "too long", lease + bytes(257 - len(lease))
    yield "another version", changed(lease, 0, 2)
    yield "no kind", changed(lease, 1, 0)
    yield "a kind that nobody has", changed(lease, 1, 3)
    yield "a right that nobody has", changed(lease, 3, 8)
    yield "nine caveats", changed(lease, 92, 9)
    yield "a caveat that is not there", changed(lease, 92, 1)
    yield "a caveat that is not counted", changed(narrowed, 92, 0)
    yield "a caveat that reaches over the end", changed(narrowed, 94, 3)
    yield "a changed MAC", changed(lease, last, lease[last] ^ 1)
    yield "more bytes than were granted", changed(lease, 76, 1)
    yield "a caveat taken off", lease[:92] + b"\0" + windowed[-32:]
    yield "a caveat made wider", changed(narrowed, 96, 7)
    yield "caveats in another order", (
        narrow(narrow(lease, CAVEATS["window"]), CAVEATS["rights"])[:-32] + windowed[-32:])
    yield "another root key", mint(pattern(1, 32), fixed(**LEASE_FIXED))
    yield "an earlier boot", mint(pattern(1, 32), fixed(**{**LEASE_FIXED, "epoch": 99}))
    yield "an earlier boot of another node", mint(
        pattern(1, 32), fixed(**{**LEASE_FIXED, "epoch": 99, "audience": pattern(0, 16)}))
    yield "another node", mint(ROOT, fixed(**{**LEASE_FIXED, "audience": pattern(0, 16)}))
    yield "a caveat that nobody knows", narrow(lease, bytes([7, 1, 0]))
    yield "a caveat of kind 0", narrow(lease, bytes([0, 0]))
    yield "a caveat of the wrong length", narrow(lease, bytes([RIGHTS, 1, 1]))
    yield "a window over the end of numbers", narrow(lease, caveat(WINDOW, U64_MAX, 2))
    yield "a window of what is not there yet", narrow(alloc, CAVEATS["window"])
    yield "two holders", narrow(narrow(lease, CAVEATS["holder"]), HOLDER_OTHER)


def rows():
    lease, alloc = mint(ROOT, fixed(**LEASE_FIXED)), mint(ROOT, fixed(**ALLOC_FIXED))
    for name, base, names, token in good(lease, alloc):
        claims = asdict(open_token(token, ROOT, AUDIENCE, FIRST_EPOCH))
        claims["holder"] = claims["holder"].hex()
        yield {"name": name, "base": base, "caveats": [CAVEATS[one].hex() for one in names],
               "token": token.hex(), "claims": claims}
    for name, token in wrong(lease, alloc):
        try:
            open_token(token, ROOT, AUDIENCE, FIRST_EPOCH)
        except Wrong as refusal:
            yield {"name": name, "token": token.hex(),
                   "error": {"code": refusal.code, "field": refusal.field}}
        else:
            raise AssertionError(f"{name}: it opens")


def text_of(value):
    parts = [value[i:i + 84] for i in range(0, len(value), 84)] or [""]
    return "\n     ".join(f'"{part}"' for part in parts)


def header_text(all_rows):
    lines = ["// SPDX-License-Identifier: Apache-2.0",
             "/// Golden tokens of wire version 1, in hexadecimal; written by make_tokens.py. The root key is",
             "/// what the core's generator draws first from the seed; bases are minted, the others made of",
             "/// their base by its caveats.",
             "#pragma once", "", '#include "core/base/error.hpp"', "",
             "namespace grafos::test::golden_tokens {", "", "// clang-format off",
             f'inline constexpr std::string_view seed = "{SEED.decode()}";',
             f'inline constexpr std::string_view root =\n    "{ROOT.hex()}";',
             f'inline constexpr std::string_view node_id =\n    "{NODE.hex()}";',
             f"inline constexpr uint64_t first_epoch = {FIRST_EPOCH};", "",
             "struct Good {", "    std::string_view name;", "    bool is_lease;",
             "    std::string_view caveats; ///< one after another", "    std::string_view token;",
             "    // what it proves", "    uint64_t rights, expires_at, bytes_max, ttl, begin, end;",
             "    std::string_view holder; ///< empty: anybody", "};",
             "inline constexpr Good good[] = {"]
    for row in all_rows:
        if "claims" in row:
            claims = row["claims"]
            numbers = ", ".join(str(claims[key]) for key in
                                ("rights", "expires_at", "bytes_max", "ttl", "begin", "end"))
            is_lease = "true" if row["base"] == "lease" else "false"
            lines += [f'    {{"{row["name"]}", {is_lease},', f"     {text_of(''.join(row['caveats']))},",
                      f"     {text_of(row['token'])},",
                      f"     {numbers},", f'     "{claims["holder"]}"}},']
    lines += ["};", "", "struct Wrong {", "    std::string_view name;", "    std::string_view token;",
              "    ErrorCode code;", "    Field field;", "};", "inline constexpr Wrong wrong[] = {"]
    for row in all_rows:
        if "error" in row:
            error = row["error"]
            lines += [f'    {{"{row["name"]}",', f"     {text_of(row['token'])},",
                      f'     ErrorCode::{error["code"]}, Field::{error["field"]}}},']
    lines += ["};", "// clang-format on", "", "} // namespace grafos::test::golden_tokens", ""]
    return "\n".join(lines)


def main():
    found = list(rows())
    files = {HERE / "tokens.jsonl": "".join(json.dumps(row) + "\n" for row in found),
             HERE / "tokens.hpp": header_text(found)}
    return golden_files.write_or_check("tokens", files)


if __name__ == "__main__":
    sys.exit(main())
