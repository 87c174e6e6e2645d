# SPDX-License-Identifier: Apache-2.0
"""dissector.py PROGRAM [FILE]: writes the Wireshark dissector, the table of PROGRAM (grafos-wire-table)
in front of the engine in dissector.lua, to FILE or to standard output.

    python3 tools/wire/dissector.py build/linux/grafos-wire-table grafos.lua
    wireshark -X lua_script:grafos.lua capture.pcap
    tshark -X lua_script:grafos.lua -o grafos.keylog:keys.txt -r capture.pcap -V
"""
import pathlib
import sys

import table

ENGINE = pathlib.Path(__file__).resolve().with_name("dissector.lua")


def lua(value):
    """A value as Lua writes it; objects whose keys are numbers become tables by number."""
    if isinstance(value, dict):
        return "{" + ",".join(f"[{key if key.isdigit() else lua(key)}]={lua(inner)}"
                              for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ",".join(lua(inner) for inner in value) + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    return '"' + value + '"'


def dissector(program):
    return f"local wire = {lua(table.load(program))}\n\n{ENGINE.read_text()}"


def main(arguments):
    if not 1 <= len(arguments) <= 2 or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 2
    text = dissector(arguments[0])
    if len(arguments) == 2:
        pathlib.Path(arguments[1]).write_text(text)
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
