# SPDX-License-Identifier: Apache-2.0
"""The tour: what a stranger is shown, one function a step, in this order.

Each step gets a running node whose units are all free, leaves it so, returns one line of detail,
and fails by raising. What the chain must say about its leases it tells the node (`Node.tell`); the
last steps export the chain and hold the story against it. How to add one: README.md.
"""

import collections.abc
import dataclasses

from chain import audit, off
from fault_steps import fence, fence_clear, fence_over_restart, kill, warm_reset
from lease_steps import (bad_input, boot, data, expire, grant, keepalive, revoke_at_once,
                         revoke_with_grace)
from node import Node


@dataclasses.dataclass(frozen=True)
class Step:
    """`needs`: steps whose outcome it builds on; they run before it when it is chosen alone.
    `bare`: only for machines with RAM of their own."""

    run: collections.abc.Callable[[Node], str]
    needs: tuple[str, ...] = ("boot",)
    bare: bool = False

    @property
    def name(self) -> str:
        return self.run.__name__


STEPS = (
    Step(boot, ()),
    Step(grant),
    Step(data),
    Step(keepalive),
    Step(expire),
    Step(revoke_with_grace),
    Step(revoke_at_once),
    Step(bad_input),
    Step(fence),
    Step(fence_over_restart, ("fence",)),
    Step(fence_clear, ("fence_over_restart",)),
    Step(kill),
    Step(warm_reset, bare=True),
    Step(audit),
    Step(off, ("audit",)),
)


def chosen(names: list[str]) -> list[Step]:
    """The steps named and what they need, in the tour's order; all, if none is named."""
    by_name = {step.name: step for step in STEPS}
    wanted = [name for name in names if name in by_name] or ["boot"] if names else list(by_name)
    for name in wanted:
        wanted += [need for need in by_name[name].needs if need not in wanted]
    return [step for step in STEPS if step.name in wanted]
