# SPDX-License-Identifier: Apache-2.0
"""A README in each room: every folder with sources has one, or the folder above it has."""
import fnmatch
import pathlib

import tree

WANTED = [".", "core/*", "hal", "arch", "boards", "boards/*", "linker", "tests", "tests/*", "tools",
          "tools/*", "examples/*"]
NO_ROOM = {"tests/refuse/harness", "tools/targets", "tools/budgets", "tools/checks"}

files = tree.files()
readmes = {str(pathlib.PurePath(name).parent) for name in files if name.endswith("README.md")}
folders = {str(pathlib.PurePath(name).parent) for name in files
           if pathlib.PurePath(name).suffix in tree.CODE}
rooms = {str(parent) for name in files for parent in pathlib.PurePath(name).parents
         if any(fnmatch.fnmatchcase(str(parent), pattern)
                and str(parent).count("/") == pattern.count("/") for pattern in WANTED)}

problems = [f"{room}: no README.md" for room in sorted(rooms - readmes - NO_ROOM)]
for folder in sorted(folders - rooms):
    above = [str(parent) for parent in pathlib.PurePath(folder).parents if str(parent) != "."]
    if folder not in readmes and not any(parent in readmes for parent in above):
        problems.append(f"{folder}: no README.md here or above")
tree.report("readmes", problems)
