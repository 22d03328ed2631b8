"""The knobs: their names and aliases, the values they take, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from marketo_sandbox import ControlError, Sandbox
from marketo_sandbox.cli import main
from marketo_sandbox.knob_table import CATALOGUE, Knob
from marketo_sandbox.knobs import Knobs, parse_setting
from marketo_sandbox.raw_client import RawClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from marketo_sandbox import SandboxControl

ALIASED = [knob for knob in CATALOGUE.values() if knob.name.startswith("U")]
# The knobs that have more values than their default: setting them shows an effect.
SETTABLE = [knob for knob in ALIASED if len(knob.variants) > 1]
NO_PROGRAMS: dict[str, object] = {"statusNames": ["Member"]}


@pytest.fixture(scope="module")
def control() -> Iterator[SandboxControl]:
    with Sandbox("tiny", now="2026-03-01T12:00:00Z", frozen=True) as sandbox:
        yield sandbox.control


@pytest.fixture(autouse=True)
def knobs_as_at_first(control: SandboxControl) -> None:
    control.reset("tiny")


def value_of(control: SandboxControl, name: str) -> object:
    return {knob["name"]: knob["value"] for knob in control.knobs()}[name]


def test_all_unknowns_are_knobs_with_meaning_default_and_variants(control: SandboxControl) -> None:
    listed = {knob["name"]: knob for knob in control.knobs()}
    assert {f"U{number}" for number in range(1, 38)} < set(listed)
    for knob in listed.values():
        assert knob["meaning"]
        assert not knob["variants"] or knob["default"] == knob["variants"][0]
    assert listed["rate_limit"]["default"] == 100


def test_every_variant_of_every_knob_can_be_set() -> None:
    for knob in CATALOGUE.values():
        for variant in knob.variants:
            knobs = Knobs({knob.name: variant})
            assert {k["name"]: k["value"] for k in knobs.listed()}[knob.name] == variant


def test_wrong_knobs_are_refused_and_change_nothing(control: SandboxControl) -> None:
    for values, message in (
        ({"U1": "nope"}, "takes one of"),
        ({"nope": 1}, "no knob"),
        ({"rate_limit": "many"}, "takes a number"),
        ({"queue_slots": -1}, "takes a number"),
        ({"denied": 3}, "takes a text"),
        ({"updated_at_filter": 1}, "takes one of"),
    ):
        with pytest.raises(ControlError, match=message):
            control.knob(U2="1001", **values)
    assert value_of(control, "U2") == "1003"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("rate_limit", "null", None),
        ("rate_limit", "7", 7),
        ("export_quota_mb", "0.5", 0.5),
        ("updated_at_filter", "false", False),
        ("U4", "1003", "1003"),
        ("unknown_field", "1003", "1003"),
        ("denied", "programs", "programs"),
        ("date_skew_seconds", "-90", -90),
    ],
)
def test_knobs_are_read_from_a_command_line(name: str, text: str, value: object) -> None:
    assert parse_setting(name, text) == value


def test_every_unknown_has_an_alias_of_its_own_that_can_be_read() -> None:
    aliases = [knob.alias for knob in ALIASED]
    assert all(alias and alias.islower() and alias.isidentifier() for alias in aliases)
    assert all("_" in str(alias) for alias in aliases)
    assert len(set(aliases)) == len(aliases)
    assert not set(aliases) & set(CATALOGUE)


@pytest.mark.parametrize("knob", SETTABLE, ids=lambda knob: knob.alias)
def test_an_alias_turns_its_knob_by_every_way_in(control: SandboxControl, knob: Knob) -> None:
    wanted, alias = knob.variants[1], str(knob.alias)
    assert control.knob(**{alias: wanted}) == {alias: wanted}
    assert value_of(control, knob.name) == wanted
    control.reset("tiny")
    assert value_of(control, knob.name) == knob.default
    control.reset("tiny", knobs={alias: wanted})
    assert value_of(control, knob.name) == wanted
    assert {k["name"]: k["alias"] for k in control.knobs()}[knob.name] == alias


def test_a_sandbox_begins_with_an_alias_and_reset_may_use_the_other_name() -> None:
    with Sandbox("tiny", knobs={"create_without_programs": "1002"}) as sandbox:
        client = RawClient(sandbox.url)
        assert client.create(NO_PROGRAMS, ["leadId"]).code == "1002"
        sandbox.control.reset("tiny", knobs={"U1": "609"})
        client.forget_token()
        assert client.create(NO_PROGRAMS, ["leadId"]).code == "609"
        sandbox.control.reset("tiny")
        client.forget_token()
        assert client.create(NO_PROGRAMS, ["leadId"]).code == "1002"


def test_a_setting_has_no_alias(control: SandboxControl) -> None:
    listed = {knob["name"]: knob["alias"] for knob in control.knobs()}
    assert {name for name, alias in listed.items() if alias is None} == {
        name for name in CATALOGUE if not name.startswith("U")
    }


def test_one_knob_under_two_names_is_refused(control: SandboxControl) -> None:
    with pytest.raises(ControlError, match="U16 and expired_file are one knob"):
        control.knob(U16="json", expired_file="404")
    with pytest.raises(ControlError, match="U16 and expired_file are one knob"):
        control.reset("tiny", knobs={"U16": "json", "expired_file": "json"})
    with (
        pytest.raises(ValueError, match="U16 and expired_file are one knob"),
        Sandbox("tiny", knobs={"expired_file": "404", "U16": "404"}),
    ):
        pass
    assert value_of(control, "U16") == "404"


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("expired_fil", "expired_file"),
        ("expired-file", "expired_file"),
        ("EXPIRED_FILE", "expired_file"),
        ("u16", "U16"),
        ("U160", "U16"),
        ("U22_cases", "U22_case"),
        ("rate_limits", "rate_limit"),
        ("queue_slot", "queue_slots"),
    ],
)
def test_an_unknown_name_is_refused_with_the_names_it_is_near(
    control: SandboxControl, capsys: pytest.CaptureFixture[str], wrong: str, near: str
) -> None:
    message = rf"no knob '{wrong}', did you mean .*\b{near}\b"
    with pytest.raises(ControlError, match=message):
        control.knob(**{wrong: "x"})
    with pytest.raises(ControlError, match=message):
        control.reset("tiny", knobs={wrong: "x"})
    with pytest.raises(ValueError, match=message), Sandbox("tiny", knobs={wrong: "x"}):
        pass
    assert main(["serve", "--knob", f"{wrong}=x"]) == 2
    told = capsys.readouterr().err
    assert f"no knob '{wrong}', did you mean " in told
    assert near in told


def test_a_name_near_to_none_is_refused_with_where_all_are_listed(control: SandboxControl) -> None:
    with pytest.raises(ControlError, match=r"no knob 'zzzzzz'; GET /__sandbox/knobs lists all"):
        control.knob(zzzzzz=1)


def test_all_unknown_names_are_told_at_once(control: SandboxControl) -> None:
    with pytest.raises(ControlError, match=r"no knob 'expired_fil'.*; no knob 'rate_limt'"):
        control.knob(rate_limt=1, expired_fil="json", U1="1002")
    assert value_of(control, "U1") == "1003"


def test_the_last_of_several_values_on_a_command_line_counts_under_either_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # The last value is a wrong one, so that the command ends here and says which it took.
    assert main(["serve", "--knob", "U16=json", "--knob", "expired_file=nope"]) == 2
    assert "U16 takes one of" in capsys.readouterr().err


def test_the_readme_shows_each_unknown_with_its_alias_its_default_and_its_other_values() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    _, _, table = readme.partition("| knob | alias | meaning | default | other values |\n")
    rows = [line.strip("| ").split(" | ") for line in table.partition("\n\n")[0].split("\n")[1:]]
    shown = [(name, alias, default, others) for name, alias, _, default, others in rows]
    assert shown == [
        (
            f"`{knob.name}`",
            f"`{knob.alias}`",
            f"`{knob.default}`",
            ", ".join(f"`{variant}`" for variant in knob.variants[1:]) or "\N{EN DASH}",
        )
        for knob in ALIASED
    ]


def shown_as(value: object) -> str:
    """A value as the README's table of settings has it."""
    return "empty" if value == "" else str(value).lower()


def test_the_readme_shows_each_other_knob_once_with_its_default_and_what_it_takes() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    _, _, table = readme.partition("| knob | meaning | default | takes |\n")
    rows = [line.strip("| ").split(" | ") for line in table.partition("\n\n")[0].split("\n")[1:]]
    others = [knob for knob in CATALOGUE.values() if knob not in ALIASED]

    assert sorted(row[0] for row in rows) == sorted(f"`{knob.name}`" for knob in others)
    shown = {name: (default, takes) for name, _, default, takes in rows}
    for knob in others:
        default, takes = shown[f"`{knob.name}`"]
        assert shown_as(knob.default) in default, knob.name
        wanted = [shown_as(variant) for variant in knob.variants[1:]]
        kind = {"signed number": "number"}.get(knob.kind, knob.kind)
        assert [word for word in wanted or [kind] if word not in takes] == [], knob.name
