"""What public Marketo clients are known to send: every such request is understood.

Their names stand at each; the project's notes on Marketo say where they were seen.
"""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlencode

import pytest
from marketo_sandbox import CLIENT_ID, CLIENT_SECRET
from marketo_sandbox.raw_client import EXPORT, RawClient

ONE = {"programId": 1001}
PROGRAMS = "/rest/asset/v1/programs.json"
MEMBERS = "/rest/v1/programs/1001/members.json"
FORM = "application/x-www-form-urlencoded"


def created(client: RawClient) -> str:
    return str(client.create(ONE, ["leadId"]).result[0]["exportId"])


@pytest.mark.parametrize("more", [{}, {"partner_id": "LP_1"}])
@pytest.mark.parametrize("style", ["query", "form", "post with a query"])
def test_a_token_is_asked_for_in_every_style(
    client: RawClient, style: str, more: dict[str, str]
) -> None:
    # Adobe and singer: GET; hotglue, airbyte: POST of a form; embulk, mrkt, node: partner_id.
    credentials = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **more}
    asked = urlencode({"grant_type": "client_credentials", **credentials})
    path = "/identity/oauth/token"
    if style == "form":
        answer = client.send("POST", path, asked.encode(), {"Content-Type": FORM})
    else:
        answer = client.send("GET" if style == "query" else "POST", f"{path}?{asked}")
    assert answer.json["access_token"]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_may_be_in_any_case(client: RawClient, scheme: str) -> None:
    token = client.bearer()["Authorization"].partition(" ")[2]
    assert client.send("GET", PROGRAMS, None, {"Authorization": f"{scheme} {token}"}).code == ""


@pytest.mark.parametrize("with_header", [True, False])
def test_a_token_in_the_url_is_refused(client: RawClient, *, with_header: bool) -> None:
    # python, node, embulk before 2026: Adobe removed the parameter on 2026-08-31.
    headers = client.bearer()
    token = headers["Authorization"].partition(" ")[2]
    path = f"{PROGRAMS}?access_token={token}"
    assert client.send("GET", path, None, headers if with_header else {}).code == "603"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (None, {}),
        (b"", {"Content-Type": "application/json"}),
        (b"{}", {"Content-Type": "application/json"}),
        (b'""', {"Content-Type": "application/json"}),
        (b"", {"Content-Type": FORM}),
    ],
)
def test_enqueue_and_cancel_take_any_body(
    client: RawClient, body: bytes | None, headers: dict[str, str]
) -> None:
    # pm-notebook posts the JSON text ""; others nothing, or an empty object.
    export_id = created(client)
    for verb, status in (("enqueue", "Queued"), ("cancel", "Cancelled")):
        path = f"{EXPORT}/{export_id}/{verb}.json"
        answer = client.send("POST", path, body, {**client.bearer(), **headers})
        assert answer.result[0]["status"] == status


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=UTF-8"])
def test_create_takes_the_formats_name_in_any_case_and_a_charset(
    client: RawClient, kind: str
) -> None:
    body = json.dumps({"format": "csv", "fields": ["leadId"], "filter": ONE}).encode()
    headers = {**client.bearer(), "Content-Type": kind}
    assert client.send("POST", f"{EXPORT}/create.json", body, headers).result[0]["format"] == "CSV"


@pytest.mark.parametrize(
    "query",
    [
        "status=Created,Cancelled",
        "status=Created&status=Cancelled",
        "status=created&status=canceled",
        "status=Created%2CCancelled&batchSize=300",
        "",
    ],
)
def test_jobs_are_listed_by_states_in_one_parameter_or_several(
    client: RawClient, query: str
) -> None:
    # Adobe: comma-separated; singer repeats the parameter; both spellings of cancelled.
    wanted = [created(client), created(client)]
    client.post(f"{EXPORT}/{wanted[1]}/cancel.json")
    listed = client.send("GET", f"{EXPORT}.json?{query}", None, client.bearer()).result
    assert [row["exportId"] for row in listed] == wanted


@pytest.mark.parametrize("variant", ["no_result", "no_body"])
def test_a_list_without_jobs_has_no_result_or_nothing_at_all(
    client: RawClient, variant: str
) -> None:
    # singer met both.
    client.control.knob(empty_job_list=variant)
    answer = client.get(f"{EXPORT}.json")
    assert answer.status == 200
    assert (answer.body == b"") is (variant == "no_body")
    created(client)
    assert len(client.get(f"{EXPORT}.json").result) == 1


def test_jobs_are_listed_in_batches_by_token(client: RawClient) -> None:
    wanted = [created(client) for _ in range(3)]
    first = client.get(f"{EXPORT}.json", batchSize=2).json
    rest = client.get(f"{EXPORT}.json", batchSize=2, nextPageToken=first["nextPageToken"]).json
    assert [row["exportId"] for row in first["result"] + rest["result"]] == wanted
    assert "nextPageToken" not in rest


@pytest.mark.parametrize("path", ["/rest/../bulk", "/rest/v1/../../bulk", "/./bulk"])
def test_dot_segments_are_resolved(client: RawClient, path: str) -> None:
    # node-marketo's recordings show /rest/../bulk against production.
    host, _, port = client.control.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port))
    connection.request("GET", f"{path}/v1/program/members/export.json", headers=client.bearer())
    assert json.loads(connection.getresponse().read())["success"] is True
    connection.close()


@pytest.mark.parametrize(
    "query",
    [
        "fields=leadId,statusName&filterType=leadId&filterValues=1,2",
        "fields=leadId&fields=statusName&filterType=leadId&filterValues=1&filterValues=2",
        "fields=leadId%2CstatusName&filterType=leadId&filterValues=1%2C2&batchSize=300",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_members_are_asked_for_in_the_query_or_in_a_form(
    client: RawClient, method: str, query: str
) -> None:
    headers = {**client.bearer(), "Content-Type": FORM}
    if method == "GET":
        answer = client.send("GET", f"{MEMBERS}?{query}", None, client.bearer())
    else:
        answer = client.send("POST", MEMBERS + "?_method=GET", query.encode(), headers)
    assert [set(row) for row in answer.result] == [{"seq", "leadId", "statusName"}] * 2


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filterType=id&filterValues=1001,1002", [1001, 1002]),  # embulk
        ("filterType=programId&filterValues=1003", [1003]),  # smartling
        ("filterType=folderId&filterValues=28", [1001, 1002, 1003]),  # smartling, pm-notebook
        ("status=completed", [1002]),  # python
        ("earliestUpdatedAt=2020-01-01&latestUpdatedAt=2027-01-01", [1001, 1002, 1003]),
        ("offset=1&maxReturn=1", [1002]),
    ],
)
def test_programs_are_filtered_as_clients_do(
    client: RawClient, query: str, found: list[int]
) -> None:
    answer = client.send("GET", f"{PROGRAMS}?{query}", None, client.bearer())
    assert [row["id"] for row in answer.result] == found


def test_a_file_is_read_in_slices_and_tried_by_its_first_byte(client: RawClient) -> None:
    # singer asks for bytes=0-0 first, node for slices, embulk for bytes=0- always.
    export_id = client.exported(ONE)[0]["exportId"]
    whole = client.file(export_id).body
    first = client.file(export_id, "bytes=0-0")
    assert (first.status, first.body) == (206, whole[:1])
    assert first.headers["content-range"] == f"bytes 0-0/{len(whole)}"
    slices = [client.file(export_id, f"bytes={at}-{at + 4}").body for at in range(0, len(whole), 5)]
    assert b"".join(slices) == whole
    assert client.file(export_id, "bytes=0-").body == whole


@pytest.mark.parametrize(
    "path",
    [
        "/rest/asset/v1/channel/byName.json?name=Content",
        "/rest/asset/v1/folder/1001/tokens.json?folderType=Program",
        "/rest/asset/v1/smartList/1.json",
        "/rest/asset/v1/smartLists.json",
    ],
)
def test_what_real_clients_ask_for_beyond_its_scope_is_610(client: RawClient, path: str) -> None:
    assert client.send("GET", path, None, client.bearer()).code == "610"
