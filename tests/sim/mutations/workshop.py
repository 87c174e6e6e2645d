# SPDX-License-Identifier: Apache-2.0
"""Builds programs of which one file is another: what CMake and ninja would have built, with the
objects of the edited file in place of the archives' members.

An edited file lies in a folder of its own, under the same path below it. That folder comes first
on the include path, so an edited header is found before the tree's; includes are from the root, so
nothing else changes its meaning. Neither the tree nor the build folder is written to.
"""
import hashlib
import json
import os
import re
import shlex
import subprocess


class Stale(Exception):
    """An edit whose text is not there, or is there twice."""


class Broken(Exception):
    """A mutation that does not compile, or does not link as it should."""


def apply(text, before, after, where):
    """`text` with the one `before` in it replaced."""
    count = text.count(before)
    if count != 1:
        first = before.strip().splitlines()[0] if before.strip() else "(nothing)"
        raise Stale(f"edit stale: {where} has {count} times, expected once: {first}")
    if before == after:
        raise Stale(f"edit stale: {where}: before and after are the same")
    return text.replace(before, after)


class Workshop:
    def __init__(self, root, build):
        self.root = os.path.realpath(root)
        self.build = os.path.realpath(build)
        with open(os.path.join(self.build, "compile_commands.json"), encoding="utf-8") as file:
            commands = json.load(file)
        self.commands = {}  # object as the linker names it -> (source, words)
        for entry in commands:
            words = shlex.split(entry["command"])
            at = words.index("-o") + 1
            output = os.path.relpath(os.path.join(entry["directory"], words[at]), self.build)
            self.commands[output] = (os.path.realpath(entry["file"]), words)
        self.links = {}
        self.members = {}
        self.deps = None

    # --- what the build knows ---

    def ninja(self, *words):
        done = subprocess.run(["ninja", "-C", self.build, *words], capture_output=True, text=True)
        if done.returncode != 0:
            raise Broken(f"ninja {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout

    def link_words(self, target):
        if target not in self.links:
            lines = self.ninja("-t", "commands", "-s", target).strip().splitlines()
            line = lines[-1] if lines else ""
            match = re.fullmatch(r": && (.*?) && :", line)
            if match is None:
                raise Broken(f"{target}: no link command in this build: {line[:200]}")
            self.links[target] = shlex.split(match.group(1))
        return self.links[target]

    def members_of(self, archive):
        if archive not in self.members:
            done = subprocess.run(["ar", "t", os.path.join(self.build, archive)],
                                  capture_output=True, text=True, check=True)
            self.members[archive] = done.stdout.split()
        return self.members[archive]

    def users_of(self, header):
        """Objects that a header was read for."""
        if self.deps is None:
            self.deps = {}
            current = None
            for line in self.ninja("-t", "deps").splitlines():
                if line and not line.startswith(" "):
                    current = line.split(":")[0]
                elif line.strip():
                    path = os.path.realpath(os.path.join(self.build, line.strip()))
                    self.deps.setdefault(path, []).append(current)
        return self.deps.get(os.path.join(self.root, header), [])

    def objects_of(self, paths):
        """Every object whose source is one of `paths`, or includes one."""
        wanted = []
        for path in paths:
            full = os.path.join(self.root, path)
            if path.endswith(".hpp"):
                wanted += self.users_of(path)
            else:
                wanted += [each for each, (source, _) in self.commands.items() if source == full]
        return sorted(set(wanted))

    def check_targets(self, targets):
        """That each is built, so that what it is made of is there."""
        for target in targets:
            self.link_words(target)
            if not os.path.exists(os.path.join(self.build, target)):
                raise Broken(f"{target} is not built in {self.build}")

    def is_used(self, name, targets):
        """Whether an object is part of one of `targets`, by itself or in an archive."""
        words = [word for target in targets for word in self.link_words(target)]
        return name in words or self.archive_of(name) in words

    def digests(self):
        """Of all that is shipped or linked: path -> SHA-256. Mutations leave them as they are."""
        paths = [path for path in os.listdir(self.build)
                 if path.endswith(".a") or path.startswith("grafos-")]
        found = {}
        for path in paths:
            full = os.path.join(self.build, path)
            if os.path.isfile(full):
                with open(full, "rb") as file:
                    found[path] = hashlib.file_digest(file, "sha256").hexdigest()
        return found

    # --- one mutation ---

    def edit(self, edits, place):
        """Writes the edited files below `place`; answers their paths."""
        texts = {}
        for edit in edits:
            path = edit["file"]
            if path not in texts:
                with open(os.path.join(self.root, path), encoding="utf-8") as file:
                    texts[path] = file.read()
            texts[path] = apply(texts[path], edit["before"], edit["after"], path)
        for path, text in texts.items():
            to = os.path.join(place, path)
            os.makedirs(os.path.dirname(to), exist_ok=True)
            with open(to, "w", encoding="utf-8") as file:
                file.write(text)
        return sorted(texts)

    def compile(self, name, place, paths):
        """One object, from its edited source if it is edited, with edited headers before others."""
        source, words = self.commands[name]
        path = os.path.relpath(source, self.root)
        command = []
        skip = False
        for word in words:
            if skip:
                skip = False
            elif word in ("-MF", "-MT", "-MQ"):
                skip = True
            elif word == "-MD":
                pass
            else:
                command.append(word)
        to = os.path.join(place, name.replace("/", "+"))
        command[command.index("-o") + 1] = to
        at = command.index("-c") + 1
        command[at] = os.path.join(place, path) if path in paths else source
        first = next(i for i, word in enumerate(command) if word.startswith("-I"))
        command.insert(first, "-I" + place)
        command.append("-w")  # what a mutation leaves unused is not the question
        done = subprocess.run(command, cwd=self.build, capture_output=True, text=True)
        if done.returncode != 0:
            raise Broken(f"does not compile: {path}\n{done.stderr[:2000]}")
        return to

    def link(self, target, objects, place):
        """`target` with `objects` (name in the build -> edited object) in place of its own."""
        words = list(self.link_words(target))
        to = os.path.join(place, target)
        words[words.index("-o") + 1] = to
        linked = [word for word in words if word.endswith((".a", ".o"))]
        extra = []
        replaced = {}
        for name, edited in objects.items():
            if name in words:
                words[words.index(name)] = edited
                continue
            owner = self.archive_of(name)
            if owner in linked:
                extra.append(edited)
                replaced[f"{owner}({os.path.basename(name)})"] = name
        if not extra and all(edited not in words for edited in objects.values()):
            raise Broken(f"{target} is made of nothing that was edited")
        at = next(i for i, word in enumerate(words) if word.endswith(".o"))
        words[at:at] = extra
        map_file = to + ".map"
        words.append(f"-Wl,-Map={map_file}")
        done = subprocess.run(words, cwd=self.build, capture_output=True, text=True)
        if done.returncode != 0:
            raise Broken(f"does not link: {target}\n{done.stderr[:2000]}")
        self.check_map(map_file, replaced)
        os.remove(map_file)
        return to

    @staticmethod
    def archive_of(name):
        """CMakeFiles/X.dir/… belongs to libX.a."""
        match = re.match(r"CMakeFiles/([^/]+)\.dir/", name)
        return f"lib{match.group(1)}.a" if match else ""

    @staticmethod
    def check_map(map_file, replaced):
        """An archive's own member must not have come along."""
        with open(map_file, encoding="utf-8", errors="replace") as file:
            for line in file:
                for member, name in replaced.items():
                    if line.startswith(member) or f"/{member}" in line.split(" ")[0]:
                        raise Broken(f"the archive's own {name} was linked too")
