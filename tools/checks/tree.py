# SPDX-License-Identifier: Apache-2.0
"""What all checks share: which files belong to the project, and how a check reports."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = {".hpp", ".cpp", ".S"}


def files():
    """Every file of the project, as paths from the root: what git tracks or would track."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()
                  and path.relative_to(ROOT).parts[0] not in ("build", "out", ".git")]
    return sorted({name for name in listed if name and (ROOT / name).is_file()})


def code(*rooms):
    """Source files below the given rooms (all rooms if none are given)."""
    return [name for name in files() if pathlib.PurePath(name).suffix in CODE
            and (not rooms or name.split("/")[0] in rooms)]


def lines(name):
    return (ROOT / name).read_text(encoding="utf-8").splitlines()


def allowed(name):
    """A list with reasons: `key: reason` a line. Returns {key: reason}."""
    rows = {}
    for number, line in enumerate(lines(name), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        key, _, reason = line.partition(": ")
        if not reason.strip():
            sys.exit(f"{name}:{number}: an exception without a reason")
        rows[key.strip()] = reason.strip()
    return rows


def without_comments(text):
    """Comments and the insides of literals blanked, line breaks and columns kept."""
    def blank(match):
        found = match.group(0)
        if found[0] in "\"'":
            return found[0] + " " * (len(found) - 2) + found[-1]
        return re.sub(r"[^\n]", " ", found)
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
                  blank, text, flags=re.S)


def report(check, problems):
    """Prints the problems and ends with 1 if there are any."""
    for problem in problems:
        print(problem)
    print(f"{check}: {len(problems)} problem(s)")
    sys.exit(1 if problems else 0)
