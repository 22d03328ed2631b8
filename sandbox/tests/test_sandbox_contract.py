"""Answers held against Adobe's OpenAPI documents and against recorded answers.

The documents are not part of this repository. Where they lie beside it, in
`../shared/openapi`, every answer is compared with them field by field, and
every difference must stand in the table below with its reason.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from marketo_sandbox import Sandbox
from marketo_sandbox.raw_client import EXPORT, RawClient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DOCUMENTS = Path(__file__).resolve().parents[3] / "shared" / "openapi"
NO_LISTS = "recorded answers of the lead database and bulk APIs carry neither errors nor warnings"
NO_RESULT = "recorded answers leave an empty result out"
FOLDER = "recorded folders are {type, value, folderName}; the document has {id, type}"
TYPE = "types on the wire are the names of the user interface, as recorded"
STATUS = "recorded programs have the statuses '', completed and locked"
HEAD_START = "added in March 2022 and not in the document (Adobe: release notes)"
BY_TAG_COSTS = "the sample on Adobe's page Programs has no costs"
DATES = "recorded instants of the asset API end in Z+0000; Adobe: Field Types says so too"
DATE = "Adobe's page Programs shows a bare date"
NULL = "Adobe's pages show null"
DESCRIPTION = "recorded descriptions may be null"

DIFFERENCES: dict[str, dict[str, str]] = {
    "identity": {},
    "programs": {
        "result[].folder.folderName: undeclared": FOLDER,
        "result[].folder.value: undeclared": FOLDER,
        "result[].folder.id: missing": FOLDER,
        "result[].headStart: undeclared": HEAD_START,
        "result[].status: not in enum": STATUS,
        "result[].type: not in enum": TYPE,
        "result[].createdAt: not date-time": DATES,
        "result[].updatedAt: not date-time": DATES,
        "result[].description: null": DESCRIPTION,
    },
    "programs_by_tag": {
        "result[].folder.folderName: undeclared": FOLDER,
        "result[].folder.value: undeclared": FOLDER,
        "result[].folder.id: missing": FOLDER,
        "result[].headStart: undeclared": HEAD_START,
        "result[].status: not in enum": STATUS,
        "result[].type: not in enum": TYPE,
        "result[].description: null": DESCRIPTION,
        "result[].costs: missing": BY_TAG_COSTS,
        "result[].createdAt: not date-time": DATES,
        "result[].updatedAt: not date-time": DATES,
        "result[].startDate: not date-time": DATES,
        "result[].endDate: not date-time": DATES,
    },
    "program": {
        "result[].folder.folderName: undeclared": FOLDER,
        "result[].folder.value: undeclared": FOLDER,
        "result[].folder.id: missing": FOLDER,
        "result[].status: not in enum": STATUS,
        "result[].type: not in enum": TYPE,
        "result[].createdAt: not date-time": DATES,
        "result[].updatedAt: not date-time": DATES,
        "result[].startDate: not date-time": DATES,
        "result[].endDate: not date-time": DATES,
        "result[].costs[].startDate: not date-time": DATE,
        "result[].costs: null": NULL,
        "result[].description: null": DESCRIPTION,
        "result[].headStart: undeclared": HEAD_START,
    },
    "program_by_name": {
        "result[].folder.folderName: undeclared": FOLDER,
        "result[].folder.value: undeclared": FOLDER,
        "result[].folder.id: missing": FOLDER,
        "result[].status: not in enum": STATUS,
        "result[].type: not in enum": TYPE,
        "result[].createdAt: not date-time": DATES,
        "result[].updatedAt: not date-time": DATES,
        "result[].startDate: not date-time": DATES,
        "result[].endDate: not date-time": DATES,
        "result[].costs[].startDate: not date-time": DATE,
        "result[].costs: null": NULL,
        "result[].description: null": DESCRIPTION,
        "result[].headStart: undeclared": HEAD_START,
    },
    "tag_types": {},
    "tag_type": {},
    "channels": {
        "result[].createdAt: not date-time": DATES,
        "result[].updatedAt: not date-time": DATES,
    },
    "members_describe": {"errors: missing": NO_LISTS, "warnings: missing": NO_LISTS},
    "leads_describe": {"errors: missing": NO_LISTS, "warnings: missing": NO_LISTS},
    "leads_describe2": {"errors: missing": NO_LISTS, "warnings: missing": NO_LISTS},
    "members": {"errors: missing": NO_LISTS, "warnings: missing": NO_LISTS},
    "usage": {
        "errors: missing": NO_LISTS,
        "warnings: missing": NO_LISTS,
        "result[].date: not date-time": "the sample on Adobe's page Usage has a bare date",
    },
    "usage_errors": {
        "errors: missing": NO_LISTS,
        "warnings: missing": NO_LISTS,
        "result[].date: not date-time": "the sample on Adobe's page Usage has a bare date",
    },
    "export_list": {"errors: missing": NO_LISTS, "warnings: missing": NO_LISTS},
    "export_list_empty": {
        "errors: missing": NO_LISTS,
        "warnings: missing": NO_LISTS,
        "result: missing": NO_RESULT,
    },
    "export_create": {"errors: missing": NO_LISTS, "warnings: missing": NO_LISTS},
    "export_enqueue": {"errors: missing": NO_LISTS, "warnings: missing": NO_LISTS},
    "export_status": {"errors: missing": NO_LISTS, "warnings: missing": NO_LISTS},
    "export_failed": {"errors: missing": NO_LISTS, "warnings: missing": NO_LISTS},
    "export_cancel": {"errors: missing": NO_LISTS, "warnings: missing": NO_LISTS},
    "refused": {
        "result: missing": "recorded refusals have none",
        "warnings: missing": NO_LISTS,
    },
    "refused_asset": {},
}

# What a knob changes of that: `+` where there is a difference more, `-` where there is one less.
BY_KNOB: dict[tuple[str, str], dict[str, dict[str, str]]] = {
    ("channel_status_detail", "description"): {
        "channels": {"+ result[].progressionStatuses[].description: null": NULL}
    },
    ("empty_tags", "null"): {
        "program": {"+ result[].tags: null": NULL},
        "program_by_name": {"+ result[].tags: null": NULL},
    },
    ("U33", "milliseconds"): {},
    ("U33", "offset"): {},
    ("U22_tags", "all"): {},
    ("U31", "absent"): {},
    ("member_nulls", "absent"): {},
}

# Which document and operation describes an answer.
ASSET, MAPI = "swagger-asset.json", "swagger-mapi.json"
OPERATIONS: dict[str, tuple[str, str, str]] = {
    "identity": ("swagger-identity.json", "get", "/identity/oauth/token"),
    "programs": (ASSET, "get", "/rest/asset/v1/programs.json"),
    "programs_by_tag": (ASSET, "get", "/rest/asset/v1/program/byTag.json"),
    "program": (ASSET, "get", "/rest/asset/v1/program/{id}.json"),
    "program_by_name": (ASSET, "get", "/rest/asset/v1/program/byName.json"),
    "tag_types": (ASSET, "get", "/rest/asset/v1/tagTypes.json"),
    "tag_type": (ASSET, "get", "/rest/asset/v1/tagType/byName.json"),
    "channels": (ASSET, "get", "/rest/asset/v1/channels.json"),
    "members_describe": (MAPI, "get", "/rest/v1/programs/members/describe.json"),
    "leads_describe": (MAPI, "get", "/rest/v1/leads/describe.json"),
    "leads_describe2": (MAPI, "get", "/rest/v1/leads/describe2.json"),
    "members": (MAPI, "get", "/rest/v1/programs/{programId}/members.json"),
    "usage": (MAPI, "get", "/rest/v1/stats/usage.json"),
    "usage_errors": (MAPI, "get", "/rest/v1/stats/errors.json"),
    "export_list": (MAPI, "get", EXPORT + ".json"),
    "export_list_empty": (MAPI, "get", EXPORT + ".json"),
    "export_create": (MAPI, "post", EXPORT + "/create.json"),
    "export_enqueue": (MAPI, "post", EXPORT + "/{exportId}/enqueue.json"),
    "export_status": (MAPI, "get", EXPORT + "/{exportId}/status.json"),
    "export_failed": (MAPI, "get", EXPORT + "/{exportId}/status.json"),
    "export_cancel": (MAPI, "post", EXPORT + "/{exportId}/cancel.json"),
    "refused": (MAPI, "post", EXPORT + "/create.json"),
    "refused_asset": (ASSET, "get", "/rest/asset/v1/programs.json"),
}

PYTHON_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
}


def differences(
    document: dict[str, Any], schema: dict[str, Any], value: object, at: str
) -> set[str]:
    """What of a value the schema does not say, or says otherwise."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schema = document["definitions"][name]
    if value is None:
        return {f"{at}: null"}
    kind = schema.get("type")
    wrong = kind is not None and not isinstance(value, PYTHON_TYPES[kind])
    if wrong or (kind == "integer" and isinstance(value, bool)):
        return {f"{at}: not {kind}"}
    found: set[str] = set()
    if "enum" in schema and value not in schema["enum"]:
        found.add(f"{at}: not in enum")
    if schema.get("format") == "date-time" and not is_instant(str(value)):
        found.add(f"{at}: not date-time")
    if isinstance(value, list):
        items = schema.get("items", {})
        return found.union(*(differences(document, items, item, at + "[]") for item in value))
    if isinstance(value, dict) and "properties" in schema:
        found |= of_object(document, schema, value, at)
    return found


def of_object(
    document: dict[str, Any], schema: dict[str, Any], value: dict[str, Any], at: str
) -> set[str]:
    prefix = at + "." if at else ""
    known = schema["properties"]
    found = {f"{prefix}{key}: undeclared" for key in value if key not in known}
    found |= {f"{prefix}{key}: missing" for key in schema.get("required", []) if key not in value}
    each = (differences(document, known[k], v, prefix + k) for k, v in value.items() if k in known)
    return found.union(*each)


def is_instant(text: str) -> bool:
    return len(text) == len("2026-03-01T12:00:00Z") and text[10] == "T" and text.endswith("Z")


@pytest.fixture(scope="module")
def answers() -> Iterator[dict[str, dict[str, Any]]]:
    """One answer of every endpoint."""
    with Sandbox(
        "demo", now="2026-03-01T12:00:00Z", frozen=True, speed=1, knobs={"rate_limit": None}
    ) as sandbox:
        yield collected(RawClient(sandbox.url))


def of_assets(client: RawClient) -> dict[str, dict[str, Any]]:
    asset = "/rest/asset/v1/"
    programs = client.control.programs()
    pairs = {(row["tagType"], row["tagValue"]) for row in client.control.programs_by_tag()}
    types = [row["tagType"] for row in client.control.tag_types()]
    return {
        "programs": client.get(asset + "programs.json", maxReturn=200).json,
        "programs_by_tag": merged(
            client.get(asset + "program/byTag.json", tagType=t, tagValue=v, maxReturn=200).json
            for t, v in sorted(pairs)
        ),
        "program": merged(client.get(f"{asset}program/{row['id']}.json").json for row in programs),
        "program_by_name": merged(
            client.get(asset + "program/byName.json", name=row["name"], **ALL_OF_IT).json
            for row in programs
            if "," not in row["name"]
        ),
        "tag_types": client.get(asset + "tagTypes.json").json,
        "tag_type": merged(client.get(asset + "tagType/byName.json", name=t).json for t in types),
        "channels": client.get(asset + "channels.json").json,
        "refused_asset": client.get(asset + "programs.json", offset=-1).json,
    }


def collected(client: RawClient) -> dict[str, dict[str, Any]]:
    one = {"programId": 1001}
    found = {
        "identity": client.identity().json,
        **of_assets(client),
        "members_describe": client.get("/rest/v1/programs/members/describe.json").json,
        "leads_describe": client.get("/rest/v1/leads/describe.json").json,
        "leads_describe2": client.get("/rest/v1/leads/describe2.json").json,
        "members": merged(
            client.get(
                f"/rest/v1/programs/{row['id']}/members.json",
                filterType="reachedSuccess",
                filterValues="true,false",
            ).json
            for row in client.control.programs()
        ),
        "usage": client.get("/rest/v1/stats/usage.json").json,
        "export_list_empty": client.get(EXPORT + ".json").json,
        "export_create": client.create(one, ["leadId"]).json,
        "refused": client.create({}, ["leadId"]).json,
        "usage_errors": client.get("/rest/v1/stats/errors.json").json,
    }
    export_id = found["export_create"]["result"][0]["exportId"]
    found["export_enqueue"] = client.enqueue(export_id).json
    failing, cancelled = client.queued(one), client.queued(one)
    found["export_cancel"] = client.post(f"{EXPORT}/{cancelled}/cancel.json").json
    client.control.fail(failing, "Out of luck")
    client.control.advance(180)
    found["export_status"] = client.get(f"{EXPORT}/{export_id}/status.json").json
    found["export_failed"] = client.get(f"{EXPORT}/{failing}/status.json").json
    found["export_list"] = client.get(EXPORT + ".json").json
    return found


ALL_OF_IT = {"includeTags": "true", "includeCosts": "true", "maxReturn": 200}


def merged(answers: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Several answers as one, with all their rows: rows differ in what they show."""
    each = list(answers)
    return {**each[0], "result": [row for answer in each for row in answer["result"]]}


def differing(name: str, answer: dict[str, Any]) -> set[str]:
    """Where an endpoint's answer and its document differ."""
    file, method, path = OPERATIONS[name]
    document = json.loads((DOCUMENTS / file).read_text(encoding="utf-8"))
    schema = document["paths"][path][method]["responses"]["200"]["schema"]
    return differences(document, schema, answer, "")


needs_documents = pytest.mark.skipif(
    not DOCUMENTS.is_dir(), reason=f"Adobe's OpenAPI documents are not at {DOCUMENTS}"
)


@needs_documents
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_answers_differ_from_the_openapi_documents_only_as_listed(
    name: str, answers: dict[str, dict[str, Any]]
) -> None:
    assert differing(name, answers[name]) == set(DIFFERENCES[name])


@needs_documents
@pytest.mark.parametrize(("knob", "variant"), sorted(BY_KNOB))
def test_knobs_add_and_remove_only_the_differences_listed(knob: str, variant: str) -> None:
    found: dict[str, set[str]] = {}
    with Sandbox("tiny", now="2026-03-01T12:00:00Z", frozen=True, speed=1) as sandbox:
        client = RawClient(sandbox.url)
        told = []
        for value in ({}, {knob: variant}):
            client.control.reset("tiny", knobs={"rate_limit": None, **value})
            client.control.add_program(name="Without a tag")
            client.forget_token()
            told.append(collected(client))
        before, after = told
    for name in OPERATIONS:
        old, new = differing(name, before[name]), differing(name, after[name])
        found[name] = {f"+ {each}" for each in new - old} | {f"- {each}" for each in old - new}
    expected = {name: set(listed) for name, listed in BY_KNOB[knob, variant].items()}
    assert {name: each for name, each in found.items() if each} == expected


# Answers of public recordings and Adobe's pages, shortened to what has a shape.
RECORDED: dict[str, str] = {
    "identity": """{"access_token":"cdf01657-110d-4155-99a7-f986b2ff13a0:int",
        "token_type":"bearer","expires_in":3599,"scope":"apis@acmeinc.com"}""",
    "programs": """{"success":true,"errors":[],"requestId":"1225a#15f82a83875","warnings":[],
        "result":[{"id":1035,"name":"clone it","description":"",
        "createdAt":"2015-11-18T15:25:35Z+0000","updatedAt":"2015-11-18T15:25:46Z+0000",
        "url":"https://app-devlocal1.marketo.com/#NP1035A1","type":"Engagement",
        "channel":"Nurture","folder":{"type":"Folder","value":28,"folderName":"Nurturing"},
        "status":"on","workspace":"Default"}]}""",
    "tag_types": """{"success":true,"errors":[],"requestId":"1#2","warnings":[],
        "result":[{"tagType":"Region",
        "applicableProgramTypes":"[program,email_batch,nurture,event,webinar]",
        "required":true}]}""",
    "tag_type": """{"success":true,"errors":[],"requestId":"1#2","warnings":[],
        "result":[{"tagType":"AAA Required Tag Type",
        "applicableProgramTypes":"[program,email_batch,nurture,event,webinar]",
        "required":true,"allowableValues":"[AAA1 RT1, AAA1 RT2]"}]}""",
    "members_describe": """{"requestId":"f813#1791563c7cc","result":[{
        "name":"API Program Membership",
        "description":"Map for API program membership fields",
        "createdAt":"2021-03-20T01:30:05Z","updatedAt":"2021-03-20T01:30:05Z",
        "dedupeFields":["leadId","programId"],"searchableFields":[["leadId"]],
        "fields":[{"name":"acquiredBy","displayName":"acquiredBy","dataType":"boolean",
        "updateable":false,"crmManaged":false}]}],"success":true}""",
    "members": """{"requestId":"109da#17915eec072","result":[{"seq":0,"leadId":1789,
        "reachedSuccess":true,"programId":1044,"acquiredBy":true,
        "membershipDate":"2020-01-08T18:10:26Z"}],"success":true,"moreResult":false}""",
    "usage": """{"requestId":"5f7f#17d7d8f2b6f","success":true,"result":[{
        "date":"2015-10-17","total":1120,
        "users":[{"userId":"some.body@example.com","count":200}]}]}""",
    "usage_errors": """{"requestId":"5f7f#17d7d8f2b6f","success":true,"result":[{
        "date":"2015-10-17","total":73,"errors":[{"errorCode":"604","count":1}]}]}""",
    "export_create": """{"requestId":"4d44#16f92734f6e","result":[{
        "exportId":"b5ca52a9-5ecb-4966-b5a9-11659a8b4c2b","format":"CSV","status":"Created",
        "createdAt":"2020-01-11T02:33:48Z"}],"success":true}""",
    "export_enqueue": """{"requestId":"1#2","result":[{
        "exportId":"b5ca52a9-5ecb-4966-b5a9-11659a8b4c2b","format":"CSV","status":"Queued",
        "createdAt":"2020-01-11T02:33:48Z","queuedAt":"2020-01-11T02:34:13Z"}],
        "success":true}""",
    "export_status": """{"requestId":"1#2","result":[{
        "exportId":"b5ca52a9-5ecb-4966-b5a9-11659a8b4c2b","format":"CSV",
        "status":"Completed","createdAt":"2020-01-11T02:33:48Z",
        "queuedAt":"2020-01-11T02:34:13Z","startedAt":"2020-01-11T02:35:19Z",
        "finishedAt":"2020-01-11T02:36:12Z","numberOfRecords":13,"fileSize":1752,
        "fileChecksum":"sha256:b3c8e70e"}],"success":true}""",
    "refused": """{"requestId":"d2ca#18c0b9833bf","success":false,"errors":[{"code":"1029",
        "message":"Export daily quota 500MB exceeded."}]}""",
    "refused_asset": """{"requestId":"1#2","success":false,"warnings":[],"errors":[{
        "code":"1001","message":"Invalid value 'x'. Required of type 'Integer'"}]}""",
}


def shape(value: object) -> object:
    """Keys in their order and the types of values; a list is its first item."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return type(value)


def plain_first(name: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with the row that is comparable with the recording in front."""
    if name != "programs":
        return answer
    rows = [r for r in answer["result"] if not {"sfdcId", "headStart"} & set(r)]
    return {**answer, "result": [row for row in rows if row["description"] == ""]}


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_answers_have_the_shape_of_recorded_ones(
    name: str, answers: dict[str, dict[str, Any]]
) -> None:
    assert shape(plain_first(name, answers[name])) == shape(json.loads(RECORDED[name]))


@pytest.mark.parametrize("name", ["identity", "programs", "export_create", "refused"])
def test_keys_come_in_the_recorded_order(name: str, answers: dict[str, dict[str, Any]]) -> None:
    assert list(answers[name]) == list(json.loads(RECORDED[name]))


def readme_rows() -> list[str]:
    """The tables above as the README has them: differences that are alike share a row."""
    groups: dict[tuple[str, str], list[str]] = {}
    for name, listed in DIFFERENCES.items():
        for what, why in listed.items():
            groups.setdefault((what, why), []).append(name)
    for (knob, variant), endpoints in BY_KNOB.items():
        for name, listed in endpoints.items():
            for what, why in listed.items():
                shown = f"{name} with the knob {knob} at {variant}"
                groups.setdefault((what.removeprefix("+ "), why), []).append(shown)
    return [f"| {', '.join(names)} | `{what}` | {why} |" for (what, why), names in groups.items()]


def test_the_readme_lists_these_differences_and_no_others() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    _, _, table = readme.partition("| endpoint | difference | why |\n|---|---|---|\n")
    assert table.partition("\n\n")[0].split("\n") == readme_rows()


def test_every_endpoint_is_held_against_a_document() -> None:
    from marketo_sandbox.endpoints.routes import ENDPOINTS  # noqa: PLC0415  # only this test wants it

    # A file is not JSON, and what is unknown has no document.
    assert ENDPOINTS - {"unknown", "export_file"} <= set(OPERATIONS)
    assert set(OPERATIONS) == set(DIFFERENCES)
