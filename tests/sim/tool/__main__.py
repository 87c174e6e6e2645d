# SPDX-License-Identifier: Apache-2.0
"""tools/sim: whole fabrics in simulated time, by seeds."""

import sys

import command

sys.exit(command.main(sys.argv[1:]))
