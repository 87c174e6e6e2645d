# SPDX-License-Identifier: Apache-2.0
"""Ceilings a reader can rely on: line 100 columns, header 200 lines, source 400, function 70.

Exceptions stand in tools/tidy.allow with a reason, as `path` (its length) or `path function`; no
file at all is longer than 700 lines. Tests have only the line ceiling and the 700.
"""
import pathlib
import re

import tree

LINE, HEADER, SOURCE, FILE, FUNCTION = 100, 200, 400, 700, 70
KEYWORDS = re.compile(r"^\s*(if|for|while|switch|do|else|try|catch|return)\b")
TYPES = re.compile(r"\b(class|struct|union|enum|namespace)\b|extern \x22")


def functions(text):
    """(name, first line, lines) of each function body, by counting braces outside literals."""
    text = tree.without_comments(text)
    text = re.sub(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text,
                  flags=re.M)
    scopes, start, line = [], 0, 1
    for position, character in enumerate(text):
        if character == "\n":
            line += 1
        elif character == "{":
            head = text[start:position]
            inside = any(kind == "function" for kind, _, _ in scopes)
            is_function = (not inside and ")" in head and not KEYWORDS.match(head)
                           and not TYPES.search(head.split("(")[0]))
            name = re.findall(r"([\w:~]+|operator\S+)\s*\(", head)
            first = line - head.lstrip().count("\n")
            scopes.append(("function" if is_function else "scope", name[0] if name else "?", first))
            start = position + 1
        elif character == "}":
            if scopes:
                kind, name, first = scopes.pop()
                if kind == "function":
                    yield name, first, line - first + 1
            start = position + 1
        elif character == ";":
            start = position + 1


allow = tree.allowed("tools/tidy.allow")
used = set()
problems = []


def exceeds(key, message):
    used.add(key)
    if key not in allow:
        problems.append(message)


for name in tree.code():
    lines = tree.lines(name)
    for number, line in enumerate(lines, 1):
        if len(line) > LINE:
            problems.append(f"{name}:{number}: {len(line)} columns, at most {LINE}")
    is_test = name.startswith("tests/")
    most = FILE if is_test else HEADER if name.endswith(".hpp") else SOURCE
    if len(lines) > FILE:
        problems.append(f"{name}: {len(lines)} lines, at most {FILE} anywhere")
    elif len(lines) > most:
        exceeds(name, f"{name}: {len(lines)} lines, at most {most}")
    if not is_test and pathlib.PurePath(name).suffix != ".S":
        for function, first, length in functions("\n".join(lines)):
            if length > FUNCTION:
                exceeds(f"{name} {function}",
                        f"{name}:{first}: {function} has {length} lines, at most {FUNCTION}")
for key in sorted(set(allow) - used):
    problems.append(f"tools/tidy.allow: '{key}' needs no exception any more")
tree.report("ceilings", problems)
