# SPDX-License-Identifier: Apache-2.0
"""tools/sim: whole fabrics in simulated time, by seeds."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[3] / "tools" / "svg"))

import command  # noqa: E402

sys.exit(command.main(sys.argv[1:]))
