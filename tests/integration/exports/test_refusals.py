"""What a subscription refuses at create costs no more than what is refused.

Fields, the filter of several programs and the filter of `updatedAt` are each given up by
themselves, once, with one WARNING; programs are blamed only for what is their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from scenes import DAY, FOR_EVER, Scene
from states import named

from tap_marketo_programs.errors import ExportFailed, FilterUnsupported

if TYPE_CHECKING:
    from harness import Tap


@pytest.fixture
def scene(tap: Tap) -> Scene:
    """Forty programs of two members: four jobs."""
    scene = Scene(tap)
    scene.begin(programs=40, members=2)
    return scene


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """All WARNINGs of the run."""
    return [line.getMessage() for line in caplog.records if line.levelname == "WARNING"]


def refuse(scene: Scene, words: str, where: str, **more: Any) -> None:  # noqa: ANN401 - arguments of a fault
    """Refuse every create that holds a text."""
    args = {"code": "1003", "message": words, "count": FOR_EVER, **more}
    scene.control.fault("error", "export_create", where=where, **args)


# Fields that Marketo describes and does not export


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Invalid fields [webinarUrl, registrationCode]", "1003"),
        ("Invalid fields [registrationCode,webinarUrl]", "1003"),
        ("Invalid fields: 'webinarUrl', 'registrationCode'", "1003"),
        ("Field 'webinarUrl' not found, Field 'registrationCode' not found", "1006"),
        ("Invalid value for fields (WEBINARURL; REGISTRATIONCODE)", "1001"),
    ],
)
def test_exactly_the_named_fields_are_dropped_with_one_warning(
    scene: Scene, caplog: pytest.LogCaptureFixture, words: str, code: str
) -> None:
    refuse(scene, words, '"webinarUrl"', code=code)

    scene.sync()

    assert scene.control.stats()["errors"] == {code: 1}
    assert scene.creates == 4
    dropped = {"webinarUrl", "registrationCode"}
    expected = set(scene.control.truth()[0]) - dropped - {"programId"}
    assert set(scene.asked()[0]["fields"]) == expected
    (line,) = [line for line in warnings(caplog) if "webinarUrl" in line]
    assert "registrationCode" in line
    held = scene.held()
    for key, row in scene.truth().items():
        assert {**row, **dict.fromkeys(dropped)} == {**held[key], **dict.fromkeys(dropped)}


def test_fields_that_are_refused_one_after_the_other_are_all_dropped(scene: Scene) -> None:
    refuse(scene, "Invalid fields [webinarUrl]", '"webinarUrl"')
    refuse(scene, "Invalid fields [registrationCode]", '"registrationCode"')

    output = scene.sync()

    assert scene.control.stats()["errors"] == {"1003": 2}
    assert len(output.records()) == 80


def test_a_run_takes_up_jobs_that_were_created_without_refused_fields(scene: Scene) -> None:
    refuse(scene, "Invalid fields [webinarUrl]", '"webinarUrl"')
    scene.cut(lambda message: message["type"] == "RECORD", max_queued_exports=2)
    left = named(scene.state)
    assert left

    scene.sync()

    jobs = {job["exportId"]: job["status"] for job in scene.control.jobs()}
    assert {jobs[export_id] for export_id in left} == {"Completed"}
    # One more may have been created that no STATE had named yet; nobody pays for it.
    assert len([status for status in jobs.values() if status == "Completed"]) == 4
    assert set(scene.held()) == set(scene.truth())


def test_a_refused_key_is_named_and_no_program_is_blamed(scene: Scene) -> None:
    refuse(scene, "Invalid fields [leadId]", '"leadId"')

    output = scene.run()

    assert isinstance(output.error, ExportFailed)
    assert "leadId" in str(output.error)
    assert len(scene.control.requests("export_create")) == 1


def test_a_refusal_that_explains_nothing_does_not_cost_hundreds_of_calls(scene: Scene) -> None:
    refuse(scene, "Invalid fields", "programIds")

    output = scene.run()

    assert isinstance(output.error, ExportFailed)
    assert "Invalid fields" in str(output.error)
    assert len(scene.control.requests("export_create")) <= 25
    assert not output.records()


# Several programs at once


def singles(scene: Scene, words: str) -> None:
    """A subscription that exports one program a job."""
    scene.control.fault(
        "error", "export_create", where="programIds", code="1035", message=words, count=FOR_EVER
    )


UNSUPPORTED = "Unsupported filter type for target subscription"


@pytest.mark.parametrize("words", [f"{UNSUPPORTED}: programIds", UNSUPPORTED])
def test_without_a_filter_of_several_programs_each_has_a_job_of_its_own(
    scene: Scene, caplog: pytest.LogCaptureFixture, words: str
) -> None:
    singles(scene, words)

    scene.sync()

    assert scene.control.stats()["errors"] == {"1035": 1}
    filters = scene.filters()
    assert filters == [{"programId": program_id} for program_id in range(1001, 1041)]
    assert len([line for line in warnings(caplog) if "several programs at once" in line]) == 1
    scene.assert_complete()


def test_increments_of_single_programs_keep_their_window(scene: Scene) -> None:
    singles(scene, f"{UNSUPPORTED}: programIds")
    scene.sync()
    scene.control.advance(DAY)
    for row in scene.control.truth(program_ids=[1007]):
        scene.control.edit_member(1007, row["leadId"], statusReason="edited")
    before = scene.creates

    output = scene.sync()

    assert len(output.records()) == 2
    assert all("updatedAt" in chosen for chosen in scene.filters()[before:])
    scene.assert_complete()


def test_a_job_of_several_programs_that_failed_is_created_again_for_each(scene: Scene) -> None:
    scene.cut(lambda message: message["type"] == "RECORD", max_queued_exports=2)
    for export_id in named(scene.state):
        scene.control.expire(export_id)
    singles(scene, f"{UNSUPPORTED}: programIds")

    scene.sync()

    scene.assert_complete()


def test_a_subscription_without_either_filter_exports_whole_single_programs(
    scene: Scene,
) -> None:
    scene.sync()
    scene.control.advance(DAY)
    scene.control.knob(updated_at_filter=False)
    singles(scene, UNSUPPORTED)
    before = scene.creates

    scene.sync(change_detection="none")

    assert scene.control.stats()["errors"]["1035"] == 2
    assert scene.filters()[before:] == [{"programId": one} for one in range(1001, 1041)]
    scene.assert_complete()


def test_a_subscription_that_exports_nothing_at_all_is_said_to(scene: Scene) -> None:
    scene.control.fault("error", "export_create", code="1035", message=UNSUPPORTED, count=FOR_EVER)

    output = scene.run()

    assert isinstance(output.error, FilterUnsupported)
    assert len(scene.control.requests("export_create")) <= 3
