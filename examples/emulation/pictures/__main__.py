# SPDX-License-Identifier: Apache-2.0
"""examples/emulation/pictures: what a run told, drawn."""

import gc
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3] / "tools" / "svg"))

import command  # noqa: E402

gc.disable()    # a million events, none of which goes before the process does
sys.exit(command.main(sys.argv[1:]))
