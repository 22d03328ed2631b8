"""The only public real extract, which the sandbox makes again byte by byte."""

from __future__ import annotations

import hashlib

from marketo_sandbox import Sandbox
from marketo_sandbox.raw_client import RawClient

NOON = "2026-03-01T12:00:00Z"
ONE = {"programId": 1001}


def test_the_only_public_real_extract_comes_out_byte_by_byte() -> None:
    # treasure-data/embulk-input-marketo, the fixture of an instance of 2021.
    content = (
        b"isExhausted,webinarUrl,program,reachedSuccessDate,trackName,acquiredBy,membershipDate,"
        b"createdAt,statusReason,registrationLikelihood,nurtureCadence,"
        b"programMemberCustomFieldTest,statusName,registrationCode,attendanceLikelihood,"
        b"waitlistPriority,programId,reachedSuccess,leadId,updatedAt\n"
        b"0,null,DA - Demo Account (DO NOT EDIT),null,null,1,2019-04-12T05:58:10Z,"
        b"2019-04-12T05:58:10Z,null,null,null,null,02 Opened,null,null,null,1001,0,452,"
        b"2019-04-12T05:58:10Z\n"
        b"0,null,DA - Demo Account (DO NOT EDIT),null,null,1,2019-04-12T05:58:10Z,"
        b"2019-04-12T05:58:10Z,null,null,null,null,01 Sent,null,null,null,1001,0,453,"
        b"2019-04-12T05:58:10Z\n"
        b"0,null,DA - Demo Account (DO NOT EDIT),null,null,1,2019-04-12T05:58:10Z,"
        b"2019-04-12T05:58:10Z,null,null,null,null,03 Clicked,null,null,null,1001,1,454,"
        b"2019-04-12T05:58:10Z\n"
    )
    fields = content.split(b"\n")[0].decode().split(",")
    with Sandbox("extract", now=NOON, frozen=True, speed=1) as sandbox:
        status, got = RawClient(sandbox.url).exported(ONE, fields)
        assert got == content
        assert status["fileChecksum"] == "sha256:" + hashlib.sha256(content).hexdigest()
        assert (status["fileSize"], status["numberOfRecords"]) == (len(content), 3)
