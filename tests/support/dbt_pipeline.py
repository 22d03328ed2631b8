"""A tap, a loader and dbt, one after another."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbt_differences import differences
from dbt_runs import DbtProject, DuckDbStore, Store
from dbt_truth import Removed, World
from real_targets import Target, config_file, load

from demo.database import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from harness import Tap
    from marketo_sandbox.control import SandboxControl

    from demo.comparison import Row


@dataclass
class DuckDb:
    """target-duckdb."""

    executable: Path
    folder: Path
    path: Path
    environment: dict[str, str]

    def command(self) -> list[str]:
        """Installed in an environment of its own."""
        config = {"path": str(self.path), "default_target_schema": SCHEMA}
        return [str(self.executable), "--config", config_file(self.folder, config)]

    def rows(self, table: str) -> list[Row]:
        """All rows."""
        return DuckDbStore(self.path).rows(f"{SCHEMA}.{table}")


@dataclass
class Pipeline:
    """A tap, a loader, and dbt."""

    tap: Tap
    target: Target
    store: Store
    project: DbtProject

    @property
    def control(self) -> SandboxControl:
        """What steers the sandbox."""
        return self.tap.sandbox.control

    def snapshot(self, members: Iterable[Row]) -> str:
        """Load keys of these members, as `program_member_keys` has them; the snapshot's time."""
        at = self.control.now()
        properties: dict[str, Any] = {
            "leadId": {"type": ["integer"], "maximum": 2**63 - 1},
            "programId": {"type": ["integer"], "maximum": 2**63 - 1},
            "snapshotAt": {"type": ["string"], "format": "date-time"},
        }
        stream = {"stream": "program_member_keys"}
        schema = {
            "type": "SCHEMA",
            **stream,
            "key_properties": ["leadId", "programId"],
            "schema": {"type": "object", "properties": properties},
        }
        keys = [{name: row[name] for name in ("leadId", "programId")} for row in members]
        records = [
            {"type": "RECORD", **stream, "record": {**key, "snapshotAt": at}} for key in keys
        ]
        load(self.target, [json.dumps(message) for message in (schema, *records)])
        return at

    def world(
        self, gone: Sequence[Row] = (), removed: Sequence[Removed] = (), fields: Sequence[str] = ()
    ) -> World:
        """What is true, with programs that are gone and members who left."""
        control = self.control
        programs = [*control.programs(), *gone]
        return World(programs, control.channels(), control.truth(), removed, fields)

    def assert_models_are(self, world: World) -> None:
        """Every model holds what is true and nothing else."""
        for model, wanted in world.models().items():
            assert wanted
            said = differences(model, wanted, self.project.rows(model))
            assert not said, "\n".join(said[:20])
