"""The schemas of the streams and the asset API's spellings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_marketo_programs.marketo.records import channel_record, program_record, tag_type_record
from tap_marketo_programs.marketo.tag_values import allowable_values, value_candidates
from tap_marketo_programs.schemas.assets import CHANNELS, PROGRAMS, PROGRAMS_BY_TAG, TAG_TYPES
from tap_marketo_programs.schemas.exports import EXPORT_JOBS
from tap_marketo_programs.schemas.members import (
    MemberField,
    dedupe_fields,
    described_fields,
    description_oddities,
    exportable,
    key_oddities,
    member_schema,
    property_schema,
)
from tap_marketo_programs.schemas.oddities import Oddities
from tap_marketo_programs.schemas.timestamps import utc_date, utc_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

# What target-postgres, target-duckdb and pipelinewise's targets make BIGINT of, all of them.
BIGINT = {"minimum": -(2**63), "maximum": 2**63 - 1}

BROWSED = {
    "id": 1035,
    "name": "clone it",
    "description": "",
    "createdAt": "2015-11-18T15:25:35Z+0000",
    "updatedAt": "2015-11-18T15:25:46Z+0000",
    "url": "https://app-devlocal1.marketo.com/#NP1035A1",
    "type": "Engagement",
    "channel": "Nurture",
    "folder": {"type": "Folder", "value": 28, "folderName": "Nurturing"},
    "status": "on",
    "workspace": "Default",
    "headStart": False,
}


def assert_fits(record: dict[str, Any], schema: dict[str, Any]) -> None:
    validator = jsonschema.Draft202012Validator(
        schema,
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )
    validator.validate(record)


def test_member_and_lead_describe_have_the_same_form() -> None:
    result = [
        {
            "name": "API Program Membership",
            "dedupeFields": ["leadId", "programId"],
            "fields": [
                {"name": "leadId", "displayName": "leadId", "dataType": "integer"},
                {"name": "webinarUrl", "displayName": "Webinar URL", "dataType": "String"},
                {"name": "untyped"},
                {"name": "leadId", "dataType": "string"},
                {"dataType": "string"},
                {"name": ""},
                {"name": 7},
                "no field",
                None,
            ],
        },
    ]

    assert described_fields(result) == (
        MemberField("leadId", "integer", "leadId"),
        MemberField("webinarUrl", "string", "Webinar URL"),
        MemberField("untyped", "string"),
    )


def test_old_lead_describe_leaves_out_fields_without_a_rest_name() -> None:
    result = [
        {"id": 1, "dataType": "email", "rest": {"name": "email", "readOnly": False}},
        {"id": 2, "dataType": "string", "soap": {"name": "SoapOnly"}},
        {"id": 3, "dataType": "string", "rest": None},
    ]

    assert described_fields(result) == (MemberField("email", "email"),)


@pytest.mark.parametrize("result", [None, [], {}, [None], [{"fields": None}], [{"name": "API"}]])
def test_a_describe_without_fields_describes_none(result: object) -> None:
    assert described_fields(result) == ()
    assert dedupe_fields(result) == ("leadId", "programId")


def test_only_formula_fields_cannot_be_exported() -> None:
    assert not exportable(MemberField("total", "formula"))
    assert exportable(MemberField("owner", "lead_function"))


def test_the_key_is_what_describe_says() -> None:
    assert dedupe_fields([{"dedupeFields": ["programId", "leadId", 3]}]) == ("programId", "leadId")
    assert dedupe_fields([{"dedupeFields": []}]) == ("leadId", "programId")
    wider = {"dedupeFields": ["leadId", "programId", "cohort"], "fields": [{"name": "cohort"}]}
    assert dedupe_fields([wider]) == ("leadId", "programId", "cohort")


@pytest.mark.parametrize(
    "told",
    [
        ["leadId"],
        ["programId"],
        ["id", "x"],
        "leadId",
        {"leadId": 1},
        [None],
        7,
        [["leadId"]],
        None,
    ],
)
def test_a_key_that_would_take_two_members_for_one_is_not_taken(told: object) -> None:
    result = [{"dedupeFields": told, "fields": [{"name": "leadId", "dataType": "integer"}]}]

    assert dedupe_fields(result) == ("leadId", "programId")
    assert key_oddities(result) == ["its key is taken for leadId, programId"]


def test_a_key_that_is_no_field_is_left_out() -> None:
    result = [{"dedupeFields": ["leadId", "programId", "gone"], "fields": [{"name": "x"}]}]

    assert dedupe_fields(result) == ("leadId", "programId")
    assert key_oddities(result) == ["its key is taken for leadId, programId"]


def test_what_a_description_holds_beside_good_fields_is_told_without_line_ends() -> None:
    names: list[object] = ["good", "a\nb", "a\u2028b", "x" * 2_000, "", " ", None, 7, {"a": 1}]
    result = [{"fields": [*({"name": name} for name in names), "text", None, {}]}]

    assert [field.name for field in described_fields(result)] == ["good"]
    told = description_oddities(result)
    assert told[0] == "8 fields without a name are left out"
    assert "names cannot be columns" in told[1]
    assert len(" ".join(told).splitlines()) == 1
    assert description_oddities([{"fields": [{"name": "good"}]}]) == []


def test_key_and_bookmark_keep_their_types_whatever_describe_says() -> None:
    odd = [MemberField("leadId", "string"), MemberField("updatedAt", "formula")]

    properties = member_schema(odd, [], ("leadId", "programId"))["properties"]

    assert {name: without_description(one) for name, one in properties.items()} == {
        "leadId": {"type": ["integer"], **BIGINT},
        "updatedAt": {"type": ["string", "null"], "format": "date-time"},
        "programId": {"type": ["integer"], **BIGINT},
    }


def without_description(schema: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name != "description"}


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (MemberField("X__c", "string", "Is an X"), "Is an X"),
        (MemberField("X__c", "string", " Is\n an X "), "Is an X"),
        (MemberField("X__c", "string", "X__c"), "X__c"),
        (MemberField("X__c", "string"), "The field X__c, which Marketo gives no other name."),
        (MemberField("leadId", "integer", "Lead Id"), "Lead Id"),
        (
            MemberField("leadId", "integer", "leadId"),
            "Id of the lead (person) that is a member of the program.",
        ),
    ],
)
def test_a_field_is_described_by_the_name_that_people_see(field: MemberField, words: str) -> None:
    properties = member_schema([field], [], ("leadId", "programId"))["properties"]

    assert properties[field.name]["description"] == words
    assert all(one["description"] for one in properties.values())


def nested(schema: dict[str, Any], place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property of a schema, those inside of others, too."""
    for name, one in schema.get("properties", {}).items():
        yield f"{place}{name}", one
        yield from nested(one, f"{place}{name}.")
        yield from nested(one.get("items", {}), f"{place}{name}.")


@pytest.mark.parametrize("schema", [PROGRAMS, PROGRAMS_BY_TAG, TAG_TYPES, CHANNELS, EXPORT_JOBS])
def test_every_property_of_a_fixed_schema_is_described_and_every_integer_bounded(
    schema: dict[str, Any],
) -> None:
    for place, one in nested(schema):
        assert one.get("description", "").endswith("."), place
        if "integer" in one["type"]:
            assert {name: one.get(name) for name in BIGINT} == BIGINT, place


@pytest.mark.parametrize(
    ("data_type", "schema"),
    [
        ("boolean", {"type": ["boolean", "null"]}),
        ("integer", {"type": ["integer", "null"], **BIGINT}),
        ("score", {"type": ["number", "null"]}),
        ("percent", {"type": ["number", "null"]}),
        ("float", {"type": ["number", "null"]}),
        ("Currency", {"type": ["number", "null"]}),
        ("date", {"type": ["string", "null"], "format": "date"}),
        ("datetime", {"type": ["string", "null"], "format": "date-time"}),
        ("reference", {"type": ["string", "null"]}),
        ("invented in 2031", {"type": ["string", "null"]}),
    ],
)
def test_a_data_type_has_its_json_schema(data_type: str, schema: dict[str, Any]) -> None:
    assert property_schema(data_type) == schema


def test_a_key_is_never_null() -> None:
    assert property_schema("integer", key=True) == {"type": ["integer"], **BIGINT}


def test_member_fields_win_over_lead_fields_of_the_same_name() -> None:
    schema = member_schema(
        [MemberField("leadId", "integer"), MemberField("updatedAt", "datetime", "updatedAt")],
        [
            MemberField("updatedAt", "string"),
            MemberField("X__c", "boolean", "Is an X"),
            MemberField("total", "formula"),
        ],
        ("leadId", "programId"),
    )

    assert {name: without_description(one) for name, one in schema["properties"].items()} == {
        "leadId": {"type": ["integer"], **BIGINT},
        "updatedAt": {"type": ["string", "null"], "format": "date-time"},
        "X__c": {"type": ["boolean", "null"]},
        "programId": {"type": ["integer"], **BIGINT},
    }
    assert schema["type"] == "object"
    assert schema["required"] == ["leadId", "programId"]


@pytest.mark.parametrize(
    ("schema", "keys"),
    [
        pytest.param(PROGRAMS, {"id"}, id="programs"),
        pytest.param(PROGRAMS_BY_TAG, {"id", "tagType", "tagValue"}, id="programs by tag"),
        pytest.param(TAG_TYPES, {"tagType"}, id="tag types"),
        pytest.param(CHANNELS, {"id"}, id="channels"),
    ],
)
def test_every_static_property_but_the_key_is_nullable(
    schema: dict[str, Any],
    keys: set[str],
) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    for name, declared in schema["properties"].items():
        assert ("null" in declared["type"]) is (name not in keys)
    assert "enum" not in str(schema)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("2015-11-18T15:25:35Z+0000", "2015-11-18T15:25:35Z", id="asset API"),
        pytest.param("2015-11-18T15:25:35Z+00:00", "2015-11-18T15:25:35Z", id="Z and a colon"),
        pytest.param("2019-04-12T05:58:10Z", "2019-04-12T05:58:10Z", id="bulk file"),
        pytest.param("2022-10-19T15:00:00.000Z", "2022-10-19T15:00:00Z", id="zero fraction"),
        pytest.param("2022-10-19T15:00:00.120Z", "2022-10-19T15:00:00.12Z", id="fraction"),
        pytest.param("2022-10-19T15:00:00+0000", "2022-10-19T15:00:00Z", id="+0000"),
        pytest.param("2022-10-19T15:00:00-0700", "2022-10-19T22:00:00Z", id="offset"),
        pytest.param("2017-01-01T00:00:00-05:00", "2017-01-01T05:00:00Z", id="offset and colon"),
        pytest.param("2017-01-01T00:00:00+05:30", "2016-12-31T18:30:00Z", id="half hours"),
        pytest.param("2017-01-01 00:00:00Z", "2017-01-01T00:00:00Z", id="blank for T"),
        pytest.param("2017-01-01T00:00:00", "2017-01-01T00:00:00Z", id="no zone is UTC"),
        pytest.param("2024-02-29", "2024-02-29T00:00:00Z", id="a date is its midnight"),
        pytest.param(" 2017-01-01T00:00:00Z ", "2017-01-01T00:00:00Z", id="blanks around"),
        pytest.param("0999-01-01T00:00:00+0000", "0999-01-01T00:00:00Z", id="year of 3 digits"),
    ],
)
def test_every_spelling_becomes_rfc_3339(text: str, expected: str) -> None:
    assert utc_timestamp(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "yesterday",
        "2024-02-31T00:00:00Z",
        "2023-02-29T00:00:00Z+0000",
        "0000-01-01T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01T24:00:00Z+0000",
        "2024-01-01T12:60:00Z",
        "2024-01-01T12:00:60Z",
        "2024-01-01x12:00:00Z",
        "2024-W15-5T05:58:10Z",
        "2024-1-1T12:00:00Z",
        "20240101T120000Z",
        "2024-01-01T12:00:00Z-0700",
        "2024-01-01T12:00:00+2400",
        "2024-01-01T12:00:00+0099",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        "\u0662\u0660\u0662\u0664-01-01T12:00:00Z",
        "2024-01-01T12:00:00Z\n2024",
        "1704067200",
    ],
)
def test_what_is_no_timestamp_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"^Not a date and time in any spelling Marketo uses\.$"):
        utc_timestamp(text)


@settings(deadline=None)  # other work on the machine must not fail a test
@given(st.datetimes())
def test_a_timestamp_in_its_final_form_stays(when: datetime) -> None:
    text = when.replace(microsecond=0).isoformat() + "Z"

    assert utc_timestamp(text) == text


@settings(deadline=None)  # other work on the machine must not fail a test
@given(st.text(alphabet="0123456789-:TZ+. W", max_size=30) | st.text(max_size=30))
def test_any_text_is_a_valid_timestamp_or_refused(text: str) -> None:
    schema = {"type": "string", "format": "date-time"}
    try:
        spelt = utc_timestamp(text)
    except ValueError:
        return
    jsonschema.validate(spelt, schema, format_checker=jsonschema.FormatChecker())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2015-01-01", "2015-01-01"),
        (" 2015-01-01 ", "2015-01-01"),
        ("2015-01-01T00:00:00Z+0000", "2015-01-01"),
        ("2015-01-01T23:00:00-0700", "2015-01-01"),
    ],
)
def test_a_date_is_kept_as_it_is_written(text: str, expected: str) -> None:
    assert utc_date(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "2024-02-31", "0000-01-01", "2024-W15-5", "01/02/2024", "2024-01-01T25:00:00Z"],
)
def test_what_is_no_date_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"^Not a date in any spelling Marketo uses\.$"):
        utc_date(text)


def test_a_browsed_program_fits_its_schema() -> None:
    record = program_record(BROWSED)

    assert record == {
        **BROWSED,
        "createdAt": "2015-11-18T15:25:35Z",
        "updatedAt": "2015-11-18T15:25:46Z",
    }
    assert_fits(record, PROGRAMS)
    assert BROWSED["createdAt"] == "2015-11-18T15:25:35Z+0000"


def test_a_program_by_id_fits_its_schema() -> None:
    record = program_record(
        {
            **BROWSED,
            "startDate": "2022-10-19T15:00:00-0700",
            "endDate": "soon",
            "tags": [{"tagType": "Region", "tagValue": "EMEA"}],
            "costs": [
                {"startDate": "2015-01-01", "cost": 2000, "note": "stand"},
                {"startDate": "2015-01-01T00:00:00Z+0000", "cost": 12.5},
                {"startDate": None, "cost": "2000"},
                {"cost": True},
                None,
            ],
            "newIn2031": {"kept": True},
        },
    )

    assert_fits(record, PROGRAMS)
    assert record["startDate"] == "2022-10-19T22:00:00Z"
    assert record["endDate"] is None
    assert record["costs"] == [
        {"startDate": "2015-01-01", "cost": 2000, "note": "stand"},
        {"startDate": "2015-01-01", "cost": 12.5},
        {"startDate": None, "cost": 2000},
        {"cost": None},
    ]
    assert record["newIn2031"] == {"kept": True}


def test_null_tags_and_costs_stay_null() -> None:
    record = program_record({**BROWSED, "tags": None, "costs": None})

    assert record["tags"] is None
    assert record["costs"] is None
    assert_fits(record, PROGRAMS)


def test_a_channel_fits_its_schema() -> None:
    record = channel_record(
        {
            "id": 6,
            "name": "Nurture",
            "applicableProgramType": "nurture",
            "progressionStatuses": [
                {
                    "name": "Not in Program",
                    "step": 0,
                    "description": None,
                    "hidden": False,
                    "success": False,
                },
            ],
            "createdAt": "2013-02-05T09:11:22Z+0000",
            "updatedAt": "2013-02-05T09:11:22Z+0000",
        },
    )

    assert record["createdAt"] == "2013-02-05T09:11:22Z"
    assert_fits(record, CHANNELS)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"allowableValues": "[AAA1 RT1, AAA1 RT2]"}, ["AAA1 RT1", "AAA1 RT2"]),
        ({"allowableValues": "[]"}, []),
        ({"allowableValues": None}, []),
        ({}, []),
        ({"allowableValues": ["already", "a list", None]}, ["already", "a list"]),
    ],
)
def test_a_tag_type_has_its_values_in_a_list(values: dict[str, Any], expected: list[str]) -> None:
    raw = {"tagType": "RT", "applicableProgramTypes": "[program,event]", "required": True, **values}

    record = tag_type_record(raw)

    assert record["allowableValues"] == expected
    assert record["applicableProgramTypes"] == ["program", "event"]
    assert_fits(record, TAG_TYPES)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("[program,email_batch]", ["program", "email_batch"]),
        ("[program, event]", ["program", "event"]),
        (["program", "event"], ["program", "event"]),
        ("program", ["program"]),
        ("[]", []),
        ("", []),
        (None, None),
    ],
)
def test_the_kinds_of_programs_that_a_tag_is_for_are_a_list(told: object, expected: object) -> None:
    record = tag_type_record({"tagType": "RT", "applicableProgramTypes": told})

    assert record["applicableProgramTypes"] == expected
    assert_fits(record, TAG_TYPES)


def test_kinds_of_programs_that_cannot_be_read_are_null_and_counted() -> None:
    odd = Oddities()

    record = tag_type_record({"tagType": "RT", "applicableProgramTypes": {"a": 1}}, odd)

    assert record["applicableProgramTypes"] is None
    assert odd.nulled == {"applicableProgramTypes": 1}


def test_kinds_of_programs_that_are_not_told_stay_untold() -> None:
    assert "applicableProgramTypes" not in tag_type_record({"tagType": "RT"})


@pytest.mark.parametrize(
    ("text", "values"),
    [
        pytest.param("[EMEA, APAC]", ("EMEA", "APAC"), id="two"),
        pytest.param("[EMEA]", ("EMEA",), id="one"),
        pytest.param("[]", (), id="none"),
        pytest.param("", (), id="no text"),
        pytest.param(None, (), id="missing"),
        pytest.param("[[old], new [x]]", ("[old]", "new [x]"), id="brackets of the values"),
        pytest.param("[a,b, c]", ("a,b", "c"), id="a comma alone separates nothing"),
        pytest.param("[Smith, Ltd., EMEA]", ("Smith", "Ltd.", "EMEA"), id="ambiguous"),
        pytest.param("EMEA, APAC", ("EMEA", "APAC"), id="without brackets"),
        pytest.param("[EMEA,APAC]", ("EMEA", "APAC"), id="without blanks"),
        pytest.param("[EMEA,\tAPAC,\nJapan]", ("EMEA", "APAC", "Japan"), id="other blanks"),
        pytest.param("[EMEA, , APAC]", ("EMEA", "APAC"), id="a blank one"),
        pytest.param("[, EMEA, ]", ("EMEA",), id="empty ones"),
        pytest.param("[EMEA,,APAC]", ("EMEA", "APAC"), id="empty without blanks"),
        pytest.param("[ ]", (), id="nothing but a blank"),
        pytest.param(
            ["EMEA", "North America, Canada"], ("EMEA", "North America, Canada"), id="array"
        ),
        pytest.param(["EMEA", 7, None, " ", {}, "EMEA"], ("EMEA", "7", "EMEA"), id="odd array"),
        pytest.param({"EMEA": 1}, (), id="object"),
        pytest.param(True, (), id="boolean"),
    ],
)
def test_allowable_values_are_split_as_java_joins(text: object, values: tuple[str]) -> None:
    assert allowable_values(text) == values


def test_candidates_are_neighbours_between_commas() -> None:
    assert list(value_candidates("[Smith, Ltd., EMEA, Smith, Ltd.]", 3)) == [
        "Smith, Ltd.",
        "Ltd., EMEA",
        "EMEA, Smith",
        "Smith, Ltd., EMEA",
        "Ltd., EMEA, Smith",
        "EMEA, Smith, Ltd.",
    ]
    assert list(value_candidates("[Smith, Ltd.]", 1)) == []
    assert list(value_candidates(["Smith, Ltd."], 3)) == []
    assert list(value_candidates(None, 3)) == []


def test_candidates_have_what_stands_between_commas_of_either_kind() -> None:
    assert list(value_candidates("[a,b]", 3)) == ["a,b"]
    assert list(value_candidates("[a,b, c]", 2)) == ["a", "b", "b, c"]
