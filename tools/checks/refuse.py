# SPDX-License-Identifier: Apache-2.0
"""refuse.py FILE COMPILER FLAG...: FILE must not compile, for the reason it names.

The second line of FILE is `// refused: PATTERN`. Compiled as it is, FILE must pass: what is around the
refused code is sound. Compiled with GRAFOS_REFUSED defined it must fail with a message that matches.
"""
import re
import subprocess
import sys

path, command = sys.argv[1], sys.argv[2:]
with open(path, encoding="utf-8") as file:
    second = file.read().splitlines()[1]
found = re.fullmatch(r"// refused: (.+)", second)
if not found:
    sys.exit(f"{path}:2: expected '// refused: PATTERN', got '{second}'")


def compile_with(*flags):
    return subprocess.run([*command, *flags, "-fsyntax-only", path], capture_output=True, text=True,
                          check=False)


control = compile_with()
if control.returncode != 0:
    sys.exit(f"{path}: the sound half does not compile:\n{control.stderr}")
refused = compile_with("-DGRAFOS_REFUSED")
if refused.returncode == 0:
    sys.exit(f"{path}: compiles, but must be refused with '{found.group(1)}'")
if not re.search(found.group(1), refused.stderr):
    sys.exit(f"{path}: refused, but not with '{found.group(1)}':\n{refused.stderr}")
print(f"{path}: refused")
