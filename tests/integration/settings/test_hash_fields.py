"""What `hash_fields` names leaves as its HMAC-SHA256, in every form, and as nothing else."""

from __future__ import annotations

import gzip
import hmac
import json
import random
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from harness import Tap, by_key, only
from marketo_sandbox.data.fields import LEAD_FIELDS
from pyarrow import parquet
from record_schemas import assert_valid
from scenes import Scene
from singer_sdk.exceptions import ConfigValidationError

from tap_marketo_programs.errors import MarketoConfigError
from tap_marketo_programs.process.stdout import SafeWriter
from tap_marketo_programs.tap import TapMarketoPrograms

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from harness import Output

Row = dict[str, Any]

SALT = "pepper, and a lot of it"
TEXT = ["string", "null"]
LEADS = [
    field.name
    for field in LEAD_FIELDS
    if field.exportable and field.name not in {"createdAt", "updatedAt"}
]
NEVER = ("leadId", "programId", "updatedAt")


def of(value: object) -> str | None:
    """The hash of a value of the truth, by the standard library."""
    if value is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    return hmac.digest(SALT.encode(), text.encode(), "sha256").hex()


@pytest.fixture
def demo(tap: Tap) -> Tap:
    tap.sandbox.control.reset(world="demo")
    tap.sandbox.control.knob(rate_limit=None)
    return tap


def truth(tap: Tap, leads: list[str], hashed: Collection[str]) -> dict[tuple[int, int], Row]:
    """The members as they should leave."""
    members = list(tap.sandbox.control.truth()[0])
    rows = tap.sandbox.control.truth(fields=[*members, *leads])
    return by_key(
        [
            {name: of(value) if name in hashed else value for name, value in row.items()}
            for row in rows
        ]
    )


def clear_texts(tap: Tap, hashed: Collection[str], leads: list[str]) -> set[str]:
    """All texts that are to be hashed, and long enough to stand nowhere else by chance."""
    members = list(tap.sandbox.control.truth()[0])
    rows = tap.sandbox.control.truth(fields=[*members, *leads])
    values = {row[name] for row in rows for name in hashed}
    return {value for value in values if isinstance(value, str) and "@" in value}


def types(output: Output) -> Row:
    (schema,) = output.of("SCHEMA", "program_members")
    return {name: spec["type"] for name, spec in schema["schema"]["properties"].items()}


def columns_of(tap: Tap, leads: list[str]) -> list[str]:
    return sorted({*tap.sandbox.control.truth()[0], *leads} - set(NEVER))


# What leaves


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("method", ["INCREMENTAL", "FULL_TABLE"])
def test_any_choice_of_fields_leaves_hashed_and_all_others_as_they_are(
    demo: Tap, seed: int, method: str
) -> None:
    draw = random.Random(seed)  # noqa: S311 - the same choice every time
    every = columns_of(demo, LEADS)
    hashed = every if seed == 0 else draw.sample(every, draw.randrange(1, len(every)))
    settings: Row = {"lead_fields": LEADS, "hash_fields": hashed, "hash_salt": SALT}
    catalog = only(demo.catalog(**settings), "program_members")
    for stream in catalog["streams"]:
        if stream["tap_stream_id"] == "program_members":
            stream["replication_method"] = method

    output = demo.sync(catalog=catalog, **settings)

    assert by_key(output.records()) == truth(demo, LEADS, hashed)
    assert_valid(output)
    assert {name for name, kind in types(output).items() if kind == TEXT} >= set(hashed)
    assert all(row[name] is not None for row in output.records() for name in NEVER)


def test_lines_are_the_bytes_that_the_sdk_writes(
    demo: Tap, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    settings: Row = {
        "lead_fields": LEADS,
        "hash_fields": ["email", "leadScore", "createdAt", "acquiredBy"],
        "hash_salt": SALT,
    }
    catalog = only(demo.catalog(**settings), "program_members")
    found: list[list[Row]] = []
    for limit in (None, 10**9):
        capsysbinary.readouterr()
        made = demo.make(catalog=catalog, writer=SafeWriter(), **settings)
        # A limit on records, however far away, leaves the work to the SDK.
        made.streams["program_members"].ABORT_AT_RECORD_COUNT = limit
        made.sync_all()
        messages = [json.loads(line) for line in capsysbinary.readouterr().out.split(b"\n") if line]
        found.append([one["record"] for one in messages if one["type"] == "RECORD"])

    assert by_key(found[0]) == by_key(found[1]) == truth(demo, LEADS, settings["hash_fields"])


@pytest.mark.parametrize(
    "encoding",
    [
        {"format": "jsonl", "compression": "gzip"},
        {"format": "jsonl", "compression": "none"},
        {"format": "parquet"},
    ],
    ids=lambda one: "-".join(one.values()),
)
@pytest.mark.parametrize("mapped", [False, True], ids=["by-column", "through-a-stream-map"])
def test_batch_files_hold_the_hashes_of_records_and_nothing_that_is_hashed(
    demo: Tap, tmp_path: Path, encoding: Row, *, mapped: bool
) -> None:
    hashed = ["email", "firstName", "notes", "createdAt", "reachedSuccess", "leadScore"]
    settings: Row = {"lead_fields": LEADS, "hash_fields": hashed, "hash_salt": SALT}

    output = demo.sync(
        "program_members",
        **settings,
        stream_maps={"program_members": {"statusName": "statusName"}} if mapped else None,
        batch_config={"encoding": encoding, "storage": {"root": tmp_path.as_uri()}},
    )

    expected = truth(demo, LEADS, hashed)
    clear = clear_texts(demo, hashed, LEADS)
    assert len(clear) > 10
    found: list[Row] = []
    for path in tmp_path.iterdir():
        data = path.read_bytes()
        if encoding["format"] == "parquet":
            table = parquet.read_table(path)
            assert {table.schema.field(name).type for name in hashed} == {pa.string()}
            found += table.to_pylist()
        else:
            data = gzip.decompress(data) if encoding["compression"] == "gzip" else data
            found += [json.loads(line) for line in data.split(b"\n") if line]
        assert not [text for text in clear if text.encode() in data]
    assert not output.of("RECORD")
    assert len(found) == len(expected) > 100
    for row in found:
        wanted = expected[row["leadId"], row["programId"]]
        assert {name: row[name] for name in hashed} == {name: wanted[name] for name in hashed}


def test_a_stream_map_works_on_the_hash(demo: Tap) -> None:
    output = demo.sync(
        "program_members",
        lead_fields=["email"],
        hash_fields=["email"],
        hash_salt=SALT,
        stream_maps={
            "program_members": {"start": "email[:8] if email else None", "email": "email"}
        },
    )

    expected = truth(demo, ["email"], ["email"])
    assert len(output.records()) == len(expected)
    for row in output.records():
        email = expected[row["leadId"], row["programId"]]["email"]
        assert row["email"] == email
        assert row["start"] == (email and email[:8])


def test_a_catalog_from_before_a_field_was_hashed_is_as_good_as_a_new_one(demo: Tap) -> None:
    hashed = ["email", "createdAt", "leadScore", "acquiredBy"]
    leads = ["email", "leadScore"]
    before = demo.catalog(lead_fields=leads)

    output = demo.sync(
        "program_members", catalog=before, lead_fields=leads, hash_fields=hashed, hash_salt=SALT
    )

    assert by_key(output.records()) == truth(demo, leads, hashed)
    assert {types(output)[name][0] for name in hashed} == {"string"}
    assert_valid(output)


def test_the_catalog_says_that_a_hashed_field_is_a_text(demo: Tap) -> None:
    hashed = ["createdAt", "acquiredBy", "attendanceLikelihood"]

    catalog = demo.catalog(hash_fields=hashed, hash_salt=SALT)

    (stream,) = [
        stream for stream in catalog["streams"] if stream["tap_stream_id"] == "program_members"
    ]
    for name in hashed:
        spec = stream["schema"]["properties"][name]
        assert spec["type"] == TEXT
        assert spec.keys() == {"type", "description"}


def test_rows_are_chosen_by_time_as_without_hashing(demo: Tap) -> None:
    start = {"start_date": "2025-06-01T00:00:00Z"}
    plain = demo.sync("program_members", **start).records()

    hashed = demo.sync(
        "program_members", **start, hash_fields=["statusName", "createdAt"], hash_salt=SALT
    ).records()

    assert by_key(hashed) == {
        key: {**row, "statusName": of(row["statusName"]), "createdAt": of(row["createdAt"])}
        for key, row in by_key(plain).items()
    }


def test_a_cell_that_does_not_fit_is_null_and_counted_as_without_hashing(
    demo: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    plain = demo.catalog(lead_fields=LEADS)
    demo.sync("program_members", catalog=plain, lead_fields=LEADS)
    before = [line for line in caplog.messages if "did not fit" in line]
    caplog.clear()

    demo.sync(
        "program_members",
        lead_fields=LEADS,
        hash_fields=columns_of(demo, LEADS),
        hash_salt=SALT,
    )

    assert [line for line in caplog.messages if "did not fit" in line] == before


# What is not extracted, or not there


def test_a_field_that_is_not_selected_or_not_joined_is_no_matter(
    demo: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    settings: Row = {"hash_fields": ["email", "fullName", "statusName"], "hash_salt": SALT}
    catalog = only(demo.catalog(**settings), "program_members")
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == ["properties", "statusName"]:
                entry["metadata"]["selected"] = False
    caplog.clear()

    output = demo.sync(catalog=catalog, **settings)

    assert output.records()
    assert not {"email", "fullName", "statusName"} & set(output.records()[0])
    assert not [line for line in caplog.records if line.levelname in {"WARNING", "ERROR"}]


@pytest.mark.parametrize("with_catalog", [False, True], ids=["discovering", "with-a-catalog"])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("emial", "Did you mean email?"),
        ("Email", "Did you mean email?"),
        ("statusname", "Did you mean statusName?"),
        ("something_else_entirely__c", "is no field of members or leads"),
    ],
)
def test_a_field_that_does_not_exist_is_refused_before_anything_is_extracted(
    tap: Tap, name: str, words: str, *, with_catalog: bool
) -> None:
    catalog = tap.catalog(lead_fields=["email"]) if with_catalog else None

    output = tap.run(
        catalog=catalog, lead_fields=["email"], hash_fields=["email", name], hash_salt=SALT
    )

    assert isinstance(output.error, MarketoConfigError)
    assert f"hash_fields: '{name}'" in str(output.error)
    assert words in str(output.error)
    assert "Nothing was extracted." in str(output.error)
    assert not output.lines
    assert not tap.sandbox.control.requests("export_create")


def test_all_wrong_names_are_told_at_once(tap: Tap) -> None:
    output = tap.run(hash_fields=["emial", "statusNam"], hash_salt=SALT)

    assert "'emial'" in str(output.error)
    assert "'statusNam'" in str(output.error)


def test_a_wrong_name_does_not_stop_a_run_without_members(tap: Tap) -> None:
    output = tap.sync("programs", catalog=tap.catalog(), hash_fields=["emial"], hash_salt=SALT)

    assert len(output.records("programs")) == 3


def test_a_field_that_was_deleted_in_marketo_ends_no_pipeline_that_still_names_it(
    tap: Tap,
) -> None:
    catalog = tap.catalog()
    for stream in catalog["streams"]:
        if stream["tap_stream_id"] == "program_members":
            stream["schema"]["properties"]["gone__c"] = {"type": ["number", "null"]}

    output = tap.sync("program_members", catalog=catalog, hash_fields=["gone__c"], hash_salt=SALT)

    assert by_key(output.records()) == truth(tap, [], [])


@pytest.mark.parametrize("argument", [None, "--discover", "--test", "--plan"])
def test_no_command_passes_over_a_field_that_does_not_exist(
    command: Callable[..., Output], argument: str | None
) -> None:
    arguments = [argument] if argument else []

    output = command(*arguments, hash_fields=["emial"], hash_salt=SALT)

    assert output.code == 1
    assert output.lines == []
    assert "hash_fields: 'emial' is no field of members or leads" in output.logs
    assert "Traceback" not in output.logs


@pytest.mark.parametrize(
    ("hashed", "more"), [(["statusName"], 0), (["email"], 1)], ids=["of-members", "of-leads"]
)
def test_to_hash_costs_one_call_at_most(tap: Tap, hashed: list[str], more: int) -> None:
    catalog = tap.catalog()
    counts = []
    for settings in ({}, {"hash_fields": hashed, "hash_salt": SALT}):
        before = len(tap.sandbox.control.requests())
        tap.sync("program_members", catalog=catalog, **settings)
        counts.append(
            len(
                [
                    one
                    for one in tap.sandbox.control.requests()[before:]
                    if "describe" in one["path"]
                ]
            )
        )

    assert counts[1] == counts[0] + more


# What is wrong with the settings


@pytest.mark.parametrize("name", NEVER)
@pytest.mark.parametrize("spelt", [str, str.lower, str.upper, " {} ".format])
def test_keys_and_the_bookmark_cannot_be_hashed(
    tap: Tap, name: str, spelt: Callable[[str], str]
) -> None:
    (line,) = complaints(tap, hash_fields=["statusName", spelt(name)], hash_salt=SALT)

    assert line.startswith(f"hash_fields: {name} cannot be hashed")


def complaints(tap: Tap, **settings: Any) -> list[str]:  # noqa: ANN401 - any value of any setting
    with pytest.raises(ConfigValidationError) as caught:
        tap.make(**settings)
    assert not tap.sandbox.control.requests()
    return caught.value.errors


@pytest.mark.parametrize("salt", [{}, {"hash_salt": None}], ids=["left-out", "null"])
def test_fields_without_a_salt_are_refused(tap: Tap, salt: Row) -> None:
    (line,) = complaints(tap, hash_fields=["email"], **salt)

    assert line.startswith("hash_salt: missing, and hash_fields needs it")


@pytest.mark.parametrize(
    ("salt", "words"),
    [
        ("", "expected string, not empty"),
        (" ", "has blanks or line ends around it"),
        ("hush\n", "has blanks or line ends around it"),
        ("hush \ud800", "is no text in Unicode"),
        (5, "expected string, not empty"),
        (["hush"], "expected string, not empty"),
    ],
)
@pytest.mark.parametrize("fields", [{"hash_fields": ["email"]}, {}], ids=["used", "unused"])
def test_a_salt_that_is_none_is_refused_and_not_shown(
    tap: Tap, salt: object, words: str, fields: Row
) -> None:
    (line,) = complaints(tap, hash_salt=salt, **fields)

    assert line == f"hash_salt: {words}" or line.startswith(f"hash_salt: {words};")
    assert "hush" not in line


def test_a_salt_that_nothing_is_hashed_with_is_mentioned(
    tap: Tap, caplog: pytest.LogCaptureFixture
) -> None:
    tap.make(hash_salt="hush")

    assert "hash_salt: sets nothing without hash_fields" in caplog.messages
    assert "hush" not in caplog.text


@pytest.mark.parametrize("fields", ["email", {"email": True}, [5], [None]])
def test_fields_that_are_no_list_of_texts_are_refused(tap: Tap, fields: object) -> None:
    (line,) = complaints(tap, hash_fields=fields, hash_salt=SALT)

    assert line.startswith(("hash_fields: expected array", "hash_fields.0: expected string"))


# Where nothing of it may be seen


def test_no_text_of_a_hashed_field_and_no_salt_is_printed_anywhere(
    demo: Tap, command: Callable[..., Output], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hashed = ["email", "firstName", "lastName"]
    clear = clear_texts(demo, hashed, hashed)
    monkeypatch.setenv("LOGLEVEL", "DEBUG")

    output = command(lead_fields=hashed, hash_fields=hashed, hash_salt=SALT)

    printed = "\n".join(output.lines) + output.logs
    assert output.code == 0
    assert by_key(output.records()) == truth(demo, hashed, hashed)
    assert len(clear) > 10
    assert not [text for text in clear if text in printed]
    assert SALT not in printed
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix == ".csv"]


def test_the_settings_can_come_from_the_environment(
    tap: Tap, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in tap.config(hash_fields="email, statusName", hash_salt=SALT).items():
        monkeypatch.setenv(f"TAP_MARKETO_PROGRAMS_{name.upper()}", str(value))

    taken = TapMarketoPrograms(parse_env_config=True).settings

    assert taken.hash_fields == ("email", "statusName")
    assert taken.hash_salt == SALT


# Across runs


def test_a_job_that_another_run_left_is_read_with_the_hashing_of_this_one(tap: Tap) -> None:
    scene = Scene(tap)
    scene.begin(programs=3)
    scene.cut(lambda message: message["type"] == "RECORD")
    jobs = scene.creates

    scene.sync(hash_fields=["statusName"], hash_salt=SALT)

    assert scene.creates == jobs
    assert scene.held() == {
        key: {**row, "statusName": of(row["statusName"])} for key, row in scene.truth().items()
    }
