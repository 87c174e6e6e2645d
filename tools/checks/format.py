# SPDX-License-Identifier: Apache-2.0
"""clang-format-19 has nothing to change. `tools/checks/format.py --fix [FOLDER]` lets it."""
import subprocess
import sys

import tree

names = [name for name in tree.code() if not name.endswith(".S")]
if "--fix" in sys.argv:
    folder = sys.argv[sys.argv.index("--fix") + 1:][:1]
    names = [name for name in names if not folder or name.startswith(folder[0])]
    subprocess.run(["clang-format-19", "-i", *names], cwd=tree.ROOT, check=True)
done = subprocess.run(["clang-format-19", "--dry-run", "-Werror", *names], cwd=tree.ROOT,
                      capture_output=True, text=True, check=False)
wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if ": error:" in line})
tree.report("format", [f"{name}: not formatted (tools/checks/format.py --fix)" for name in wrong])
