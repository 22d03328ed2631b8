"""How a subscription begins: as the sandbox was started, and by `reset` again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from marketo_sandbox.clock import Clock
from marketo_sandbox.data.presets import make_world
from marketo_sandbox.endpoints.routes import ENDPOINTS
from marketo_sandbox.knobs import Knobs
from marketo_sandbox.subscription import Subscription

if TYPE_CHECKING:
    from collections.abc import Mapping

    from marketo_sandbox.knob_table import Setting


@dataclass(frozen=True)
class Start:
    """Everything a subscription depends on; `now` None is the real time."""

    world: str = "demo"
    world_options: Mapping[str, int] = field(default_factory=dict)
    now: float | None = None
    frozen: bool = False
    speed: float = 1.0
    knobs: Mapping[str, Setting] = field(default_factory=dict)
    clients: Mapping[str, str] | None = None

    def subscription(self) -> Subscription:
        """A new subscription; a wrong option is a ValueError."""
        return Subscription(
            make_world(self.world, **self.world_options),
            Clock(now=self.now, frozen=self.frozen, speed=self.speed),
            endpoints=ENDPOINTS,
            knobs=Knobs(dict(self.knobs)),
            clients=None if self.clients is None else dict(self.clients),
        )
