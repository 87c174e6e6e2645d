# SPDX-License-Identifier: Apache-2.0
"""Every assertion has a number of its own, the same on every compiler.

The number is a hash of file and line, so two assertions must not share one; and as compilers disagree
on which line a macro over several lines stands, an assertion stands on one.
"""
import re
import sys

import tree

MACRO = re.compile(r"\bGRAFOS_(ASSERT|UNREACHABLE|CHECK_SLOW)\s*\(")


def site_id(name, line):
    value = 2166136261
    for byte in name.encode() + line.to_bytes(4, "little"):
        value = (value ^ byte) * 16777619 & 0xffffffff
    return value


def sites():
    """(file, line number, text) of every assertion."""
    for name in tree.code():
        lines = tree.lines(name)
        blanked = tree.without_comments("\n".join(lines)).split("\n")
        for number, line in enumerate(blanked, 1):
            if MACRO.search(line) and not line.lstrip().startswith("#"):
                yield name, number, line, lines[number - 1].strip()


def is_closed(rest):
    """Whether the parenthesis opened just before `rest` closes in it."""
    depth = 1
    for character in rest:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            return True
    return False


def look_up(text):
    try:
        wanted = int(text, 16)
    except ValueError:
        sys.exit(f"site: got '{text}', expected up to 8 hexadecimal digits")
    found = [(name, number, source) for name, number, _, source in sites()
             if site_id(name, number) == wanted]
    for name, number, source in found:
        print(f"{name}:{number}: {source}")
    if not found:
        sys.exit(f"site: no assertion of this tree has the id {wanted:08x}; ids move with their lines, "
                 "so look in the tree the image was built from")


def check():
    seen, problems = {}, []
    for name, number, line, _ in sites():
        if not is_closed(line[MACRO.search(line).end():]):
            problems.append(f"{name}:{number}: an assertion over several lines; name its condition")
        other = seen.setdefault(site_id(name, number), (name, number))
        if other != (name, number):
            problems.append(f"{name}:{number}: same id as {other[0]}:{other[1]}")
    print(f"sites: {len(seen)} assertions")
    tree.report("sites", problems)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        look_up(sys.argv[1])
    else:
        check()
