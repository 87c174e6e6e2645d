# SPDX-License-Identifier: Apache-2.0
"""readme.py [--check] PROGRAM: the tables of core/wire/README.md, from what PROGRAM prints.

Between `<!-- table NAME -->` and `<!-- end -->` stands what this script writes: limits, messages and
payloads. Without --check the file is written; with it a difference fails, so that the specification
and the code cannot drift apart.
"""
import pathlib
import re
import sys

import table

README = pathlib.Path(__file__).resolve().parents[2] / "core" / "wire" / "README.md"
RIGHTS = ((1, "read"), (2, "write"), (4, "renew"))


def limits(wire):
    yield "| limit | value |"
    yield "|---|---|"
    for name, value in wire["limits"].items():
        yield f"| `{name}` | {value:,} |"


def bounds(layout):
    least, most = layout["bytes_min"], layout["bytes_max"]
    return str(least) if least == most else f"{least} … {most}"


def messages(wire):
    yield "| number | message | class | once | needs | request | reply |"
    yield "|---|---|---|---|---|---|---|"
    for row in wire["messages"]:
        rights = "+".join(name for bit, name in RIGHTS if row["rights"] & bit)
        needs = [f"role {role}" for role in row["roles"]]
        if row["token"] != "none":
            needs.append(f"{row['token']} token" + (f" ({rights})" if rights else ""))
        once = "yes" if row["mutating"] else ""
        yield (f"| 0x{row['number']:04X} | {row['name'].upper()} | {row['class']} | {once} | "
               f"{', '.join(needs)} | {bounds(row['request'])} | {bounds(row['reply'])} |")


def rows_of(layout):
    for field in layout["fields"]:
        yield (f"| `{field['name']}` | {table.shape(field)} | {table.accepted(field)} | "
               f"{field['where']} |")
        for inner in field.get("entry", {"fields": ()})["fields"]:
            yield (f"| · `{inner['name']}` | {table.shape(inner)} | {table.accepted(inner)} | "
                   f"{inner['where']} |")


def payload(title, layout):
    yield f"**{title}**"
    if not layout["fields"]:
        yield "— no fields."
        yield ""
        return
    yield ""
    yield "| field | on the wire | accepted | a refusal names |"
    yield "|---|---|---|---|"
    yield from rows_of(layout)
    yield ""


def payloads(wire):
    for row in wire["messages"]:
        yield from payload(f"{row['name'].upper()} request", row["request"])
        yield from payload(f"{row['name'].upper()} reply", row["reply"])
    yield from payload("Refusal (any reply whose status is not 0)", wire["refusal"])


def main(arguments):
    is_check = "--check" in arguments
    programs = [word for word in arguments if word != "--check"]
    if len(programs) != 1:
        print(__doc__)
        return 2
    wire = table.load(programs[0])
    made = {"limits": limits(wire), "messages": messages(wire), "payloads": payloads(wire)}
    text = before = README.read_text()
    for name, lines in made.items():
        block = "\n".join(lines).rstrip()
        pattern = re.compile(rf"(<!-- table {name} -->\n).*?(\n<!-- end -->)", re.S)
        text, count = pattern.subn(lambda found: found.group(1) + block + found.group(2), text)
        if count != 1:
            print(f"{README.name}: {count} places for the table '{name}', expected 1")
            return 1
    if is_check:
        print(f"{README.name}: " + ("agrees with the table" if text == before else
                                    "differs from the table: run tools/wire/readme.py"))
        return 0 if text == before else 1
    README.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
