# SPDX-License-Identifier: Apache-2.0
"""Golden files: written anew, or held against what they would be."""

import sys


def write_or_check(name, files):
    """`files`: path -> text. With --check among the words, compares. The exit code."""
    if "--check" in sys.argv:
        differ = [path.name for path, text in files.items() if path.read_text() != text]
        print(f"golden {name}:", "differs: " + ", ".join(differ) if differ else "as written")
        return 1 if differ else 0
    for path, text in files.items():
        path.write_text(text)
    return 0
