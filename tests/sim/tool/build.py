# SPDX-License-Identifier: Apache-2.0
"""Builds grafos-sim before its first use, and whenever a source is newer."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from runs import SimError

ROOT = Path(__file__).resolve().parents[3]
STEP = re.compile(r"\[(\d+)/(\d+)\]")


class BuildError(SimError):
    """It cannot be built here."""


def program_of(options, screen):
    if options.program is not None:
        if not os.access(options.program, os.X_OK) or options.program.is_dir():
            raise SimError(f"--program {options.program} is no executable: expected a grafos-sim")
        return options.program.resolve()
    program = ROOT / "build" / "linux" / "grafos-sim"
    if options.no_build:
        if not program.is_file():
            raise SimError(f"{program} is missing: leave --no-build out")
        return program
    build(screen, "grafos-sim")
    return program


def build(screen, *targets):
    """Set-up and configuration only where there is no build tree yet."""
    folder = ROOT / "build" / "linux"
    log = ROOT / "build" / "sim.log"
    log.parent.mkdir(exist_ok=True)
    environment = dict(os.environ)
    if shutil.which("ccache"):
        environment.setdefault("CMAKE_C_COMPILER_LAUNCHER", "ccache")
        environment.setdefault("CMAKE_CXX_COMPILER_LAUNCHER", "ccache")
    with log.open("w", encoding="utf-8") as out:
        if not (folder / "build.ninja").is_file():
            done = subprocess.run([ROOT / "tools" / "setup"], stdout=sys.stderr, check=False)
            if done.returncode != 0:
                raise BuildError("this machine is not set up (see above)")
            screen.progress("configuring …")
            configured = subprocess.run(["cmake", "--preset", "linux"], cwd=ROOT, stdout=out,
                                        stderr=out, env=environment, check=False)
            if configured.returncode != 0:
                raise BuildError(f"it cannot be configured; all of it: {log}")
        process = subprocess.Popen(
            ["cmake", "--build", "--preset", "linux", "--target", *targets], cwd=ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
        errors = []
        for line in process.stdout:
            out.write(line)
            step = STEP.match(line)
            if step:
                screen.progress(f"building {targets[-1]} {step[1]}/{step[2]}")
            elif "error" in line and len(errors) < 20:
                errors.append(line.rstrip())
    screen.clear()
    if process.wait() != 0:
        raise BuildError("\n".join([*errors, f"it does not build; all of it: {log}"]))
