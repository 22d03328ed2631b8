"""The sandbox's answers held against answers of real instances, field by field.

The recordings are not part of this repository. Where they lie beside it, in
`../shared/recordings`, presence, types, nulls, the order of keys and the spelling
of dates are compared, and every difference must stand below with its reason.
"""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from marketo_sandbox import Sandbox
from marketo_sandbox.raw_client import RawClient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "recordings"
README = Path(__file__).parents[1] / "README.md"

HEAD_START = "gone from all but Email programs by April 2023 (recordings), missing on one of these"
SFDC = "programs in a Salesforce campaign have both (recording of 2020, Adobe: release notes)"
DESCRIPTION = "said of a client's recorded rows; a client must live with it, so some are null"

# What the sandbox shows otherwise than a recording, and why.
DIFFERENCES: dict[str, dict[str, str]] = {
    "programs 2022": {
        "`description` may be null": DESCRIPTION,
        "`headStart` may be missing": HEAD_START,
        "`sfdcId` is not recorded": SFDC,
        "`sfdcName` is not recorded": SFDC,
    },
    "programs 2023": {
        "`description` may be null": DESCRIPTION,
        "`sfdcId` is not recorded": SFDC,
        "`sfdcName` is not recorded": SFDC,
    },
    "channel 2025": {},
    "channels 2024": {},
    "describe 2021": {},
}
PATHS = {
    "programs": "/rest/asset/v1/programs.json",
    "channel": "/rest/asset/v1/channels.json",
    "channels": "/rest/asset/v1/channels.json",
    "describe": "/rest/v1/programs/members/describe.json",
}

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"recorded answers of real instances are not at {FOLDER}"
)


def recorded(name: str) -> list[dict[str, Any]]:
    """The rows of a recording."""
    file, year = name.split()
    if file == "programs":
        return list(json.loads((FOLDER / f"programs_browse_{year}.json").read_bytes()))
    if name == "describe 2021":
        return [json.loads((FOLDER / "program_members_describe.json").read_bytes())]
    if name == "channel 2025":
        return list(json.loads((FOLDER / "amp_channels.json").read_bytes())["result"])
    kept = json.loads((FOLDER / "amp_channels15.json").read_bytes())["data"]
    return [row["raw"] for row in kept]


SPELLINGS = {
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\+0000": "instant Z+0000",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ": "instant Z",
    r"https://\S+": "URL",
}


def kind(value: object) -> str:
    """The JSON type of a value; of a text, what it is spelled like."""
    if isinstance(value, str):
        return next((k for pattern, k in SPELLINGS.items() if re.fullmatch(pattern, value)), "text")
    names = {bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}
    return "null" if value is None else names[type(value)]


class Profile:
    """What the objects of a kind show: which keys, when, in what order, with what values."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self.kinds: dict[str, set[str]] = defaultdict(set)
        self.objects: dict[str, int] = defaultdict(int)
        self.shown: dict[str, int] = defaultdict(int)
        self.orders: set[tuple[str, str, str]] = set()
        for row in rows:
            self._object("", row)

    def _object(self, at: str, row: dict[str, Any]) -> None:
        self.objects[at] += 1
        self.orders |= {(at, first, second) for first, second in combinations(row, 2)}
        for key, value in row.items():
            self.shown[f"{at}{key}"] += 1
            self._value(f"{at}{key}", value)

    def _value(self, at: str, value: object) -> None:
        self.kinds[at].add(kind(value))
        if isinstance(value, dict):
            self._object(f"{at}.", value)
        if isinstance(value, list):
            for item in value:
                self._value(f"{at}[]", item)

    def always(self, path: str) -> bool:
        """Whether every object that could have a key has it."""
        at = path[: max(path.rfind("."), -1) + 1]
        return self.shown[path] == self.objects[at]


def differences(real: Profile, ours: Profile, *, ordered: bool = True) -> set[str]:
    """Where ours is otherwise than a real one; values that both never show are none."""
    found = {f"`{path}` is not recorded" for path in ours.shown.keys() - real.shown.keys()}
    found |= {f"`{path}` is never shown" for path in real.shown.keys() - ours.shown.keys()}
    for path in ours.kinds.keys() & real.kinds.keys():
        found |= {f"`{path}` may be {k}" for k in ours.kinds[path] - real.kinds[path]}
        found |= {f"`{path}` is never {k}" for k in real.kinds[path] - ours.kinds[path]}
    for path in ours.shown.keys() & real.shown.keys():
        if real.always(path) and not ours.always(path):
            found.add(f"`{path}` may be missing")
        if ours.always(path) and not real.always(path):
            found.add(f"`{path}` is never missing")
    turned = {(at, first, second) for at, second, first in ours.orders} & real.orders
    if ordered:
        found |= {f"`{at}{second}` comes before `{first}`" for at, first, second in turned}
    return found


@pytest.fixture(scope="module")
def client() -> Iterator[RawClient]:
    with Sandbox(
        "demo", now="2026-03-01T12:00:00Z", frozen=True, speed=1, knobs={"rate_limit": None}
    ) as sandbox:
        yield RawClient(sandbox.url)


def rows_of(client: RawClient, name: str) -> list[dict[str, Any]]:
    """The sandbox's rows of the same endpoint."""
    more = {} if name.startswith("describe") else {"maxReturn": 200}
    return client.get(PATHS[name.split(maxsplit=1)[0]], **more).result


@pytest.mark.parametrize("name", sorted(DIFFERENCES))
def test_answers_differ_from_recorded_ones_only_as_listed(name: str, client: RawClient) -> None:
    # The client that recorded these sorted the keys.
    ordered = name != "channels 2024"
    found = differences(Profile(recorded(name)), Profile(rows_of(client, name)), ordered=ordered)
    assert found == set(DIFFERENCES[name])


@pytest.mark.parametrize("name", sorted(DIFFERENCES))
def test_the_readme_lists_these_differences_and_no_others(name: str) -> None:
    lines = README.read_text(encoding="utf-8").split("\n")
    listed = [line for line in lines if line.startswith(f"| {name} |")]
    assert listed == [f"| {name} | {what} | {why} |" for what, why in DIFFERENCES[name].items()]


def test_the_envelope_of_a_recorded_answer_is_the_sandboxs(client: RawClient) -> None:
    real = json.loads((FOLDER / "amp_channels.json").read_bytes())
    ours = client.get(PATHS["channels"]).json
    assert list(ours) == list(real)
    assert {key: kind(value) for key, value in ours.items()} == {
        key: kind(value) for key, value in real.items()
    }
    assert re.fullmatch(r"[0-9a-f]+#[0-9a-f]{11}", real["requestId"])
    assert re.fullmatch(r"[0-9a-f]+#[0-9a-f]{11}", ours["requestId"])


def test_the_recorded_describe_is_the_one_of_the_world_that_is_made_of_it() -> None:
    real = recorded("describe 2021")[0]
    with Sandbox("extract") as sandbox:
        ours = RawClient(sandbox.url).get(PATHS["describe"]).result[0]
    for times in ("createdAt", "updatedAt"):
        assert kind(ours.pop(times)) == kind(real.pop(times))
    assert ours == real
    assert json.dumps(ours) == json.dumps(real)


def test_the_recorded_extract_comes_out_byte_by_byte() -> None:
    content = (FOLDER / "program_members_extract.csv").read_bytes()
    fields = content.partition(b"\n")[0].decode().split(",")
    with Sandbox("extract", now="2026-03-01T12:00:00Z", frozen=True, speed=1) as sandbox:
        assert RawClient(sandbox.url).exported({"programId": 1001}, fields)[1] == content


def test_types_and_statuses_of_recorded_programs_exist_in_the_sandbox(client: RawClient) -> None:
    ours = {(row["type"], row["status"]) for row in rows_of(client, "programs 2023")}
    with (FOLDER / "programs_100_of_2020.csv").open(encoding="utf-8", newline="") as file:
        real = {(row["type"], row["status"]) for row in csv.DictReader(file)}
    for year in ("2022", "2023"):
        real |= {(row["type"], row["status"]) for row in recorded(f"programs {year}")}
    assert real <= ours


def test_names_order_programs_as_recorded(client: RawClient) -> None:
    for rows in (recorded("programs 2022"), recorded("programs 2023")):
        names = [row["name"] for row in rows]
        assert names == sorted(names, key=str.lower)
    ours = [row["name"] for row in rows_of(client, "programs 2023")]
    assert ours == sorted(ours, key=str.lower)


def test_a_head_start_is_told_of_email_programs_only_and_not_of_all(client: RawClient) -> None:
    for rows in (recorded("programs 2023"), rows_of(client, "programs 2023")):
        emails = [row for row in rows if row["type"] == "Email"]
        told = [row for row in rows if "headStart" in row]
        assert {row["type"] for row in told} == {"Email"}
        assert len(told) < len(emails)


def test_urls_of_programs_are_spelled_as_recorded(client: RawClient) -> None:
    def prefixes(rows: list[dict[str, Any]]) -> dict[str, str]:
        found = {}
        for row in rows:
            match = re.search(rf"marketo\.com/#([A-Z]+){row['id']}A1$", row["url"])
            found[row["type"]] = match.group(1) if match else row["url"]
        return found

    ours = prefixes(rows_of(client, "programs 2023"))
    for name in ("programs 2022", "programs 2023"):
        real = prefixes(recorded(name))
        assert {kind_: ours[kind_] for kind_ in real} == real
