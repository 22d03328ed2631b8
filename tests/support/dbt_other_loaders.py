"""What was loaded, as other loaders would have it: names, types, rows that nobody deleted.

It must not know what the models of `dbt/` are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbt_truth import snake_case

if TYPE_CHECKING:
    from dbt_runs import Store

SCHEMA = "Other raw"

_TIMES = {"_sdc_extracted_at", "updatedat"}
_STALE = {"programs": "name", "program_members": "statusname", "channels": "name"}
"""Tables that get a stale copy of each row, and the field that is wrong in it."""

_TABLES = (*_STALE, "programs_by_tag", "program_member_keys")


def other_copy(store: Store, schema: str) -> dict[str, str]:
    """Copy a schema: names like LEAD_ID, arrays as texts, instants with a zone, stale rows.

    The schema's own name has a capital and a blank.

    Returns:
        The variables that say where the copy is.
    """
    listed = store.rows(
        f"(SELECT * FROM information_schema.columns WHERE table_schema = '{schema}')"  # noqa: S608 - names of our own
    )
    store.execute(f'DROP SCHEMA IF EXISTS "{SCHEMA}" CASCADE; CREATE SCHEMA "{SCHEMA}"')
    for table in _TABLES:
        kinds = {
            row["column_name"]: row["data_type"].lower()
            for row in listed
            if row["table_name"] == table
        }
        rows = [_select(kinds, f'{schema}."{table}"')]
        if table in _STALE:
            rows.append(_select(kinds, f'{schema}."{table}"', _STALE[table]))
        store.execute(f'CREATE TABLE "{SCHEMA}".the_{table} AS ' + " UNION ALL ".join(rows))
    return {
        "marketo_schema": SCHEMA,
        **{f"marketo_{table}_identifier": f"the_{table}" for table in _TABLES},
    }


def _select(kinds: dict[str, str], table: str, stale: str = "") -> str:
    shown = []
    for name, kind in kinds.items():
        value = f'"{name}"'
        plain = name.lower()
        if plain == stale:
            value = "'stale'"
        elif kind in {"array", "jsonb"}:
            value = f"CAST(to_jsonb({value}) AS varchar)"
        elif kind == "json":
            value = f"CAST({value} AS varchar)"
        elif kind.startswith("timestamp"):
            moved = f"{value} - INTERVAL '1 day'" if stale and plain in _TIMES else value
            value = f"({moved}) AT TIME ZONE 'UTC'"
        shown.append(f'{value} AS "{snake_case(name).upper()}"')
    return f"SELECT {', '.join(shown)} FROM {table}"  # noqa: S608 - names of our own
