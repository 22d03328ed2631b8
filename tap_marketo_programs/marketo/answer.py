"""An HTTP answer of Marketo, and whether it is the success it should be.

`success` is the only truth: HTTP 200 says nothing
(https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/error-codes).
Pure: a body is read by a function that is handed in. It must not know how requests
are sent, nor what is done about the errors it raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.errors import (
    BrokenAnswer,
    CallQuotaExceeded,
    FieldUnknown,
    FileUnavailable,
    PermissionDenied,
    TokenRejected,
)
from tap_marketo_programs.marketo.envelope import is_readable, read_object, reported, succeeded
from tap_marketo_programs.marketo.http_statuses import (
    FILE_STATUSES,
    SUCCESSES,
    http_verdict,
    is_missing_file,
    is_plain_success,
    is_server_error,
)
from tap_marketo_programs.marketo.verdicts import is_in_doubt, most_telling, names_in
from tap_marketo_programs.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tap_marketo_programs.errors import AnswerError


@dataclass(frozen=True, slots=True)
class Answer:
    """What of an HTTP answer decides what it means.

    Args:
        asked: The request as a log may show it: no query, no host, no headers.
        path: Of the request.
        status: HTTP status.
        content_type: The header; empty where there is none.
        is_redirect: Whether it leads elsewhere.
        read: The whole body; not called where the rest says enough.
    """

    asked: str
    path: str
    status: int
    content_type: str
    is_redirect: bool
    read: Callable[[], bytes]

    def json_object(self) -> dict[str, Any] | None:
        """The JSON object that the body holds, if it does."""
        return read_object(self.read())


def require_success(answer: Answer) -> None:
    """Raise unless this is the envelope of a success."""
    require_http_success(answer)
    _require_envelope(answer)


def require_success_if_any(answer: Answer) -> None:
    """Raise unless this is the envelope of a success, or a success without any body."""
    if not is_plain_success(answer.status) or answer.read().strip():
        require_success(answer)


def require_file(answer: Answer) -> None:
    """Raise unless this is a file, or a part of one.

    `file.json` alone mixes both: an unfinished or unknown job is a plain HTTP
    404, while token and limit errors are envelopes under HTTP 200, which would
    end up in the data if the body were written down unseen.
    """
    if is_missing_file(answer.status):
        message = f"{answer.asked}: Marketo has no such file"
        raise FileUnavailable(message, code=f"HTTP {answer.status}")
    require_http_success(answer)
    is_json = answer.content_type.partition(";")[0].strip().lower() == "application/json"
    if is_json or answer.status not in FILE_STATUSES:
        _require_envelope(answer)
        raise broken(answer)


def require_http_success(answer: Answer) -> None:
    """Raise for a status that is not a success, by the envelope if it carries one."""
    status = answer.status
    if status in SUCCESSES:
        return
    content = answer.json_object()
    if content and reported(content):
        raise _error(answer, content)
    what = "redirects elsewhere" if answer.is_redirect else f"answered HTTP {status}"
    raises = http_verdict(status)
    if raises is TokenRejected:
        what += " (it does not accept the access token)"
    message = f"{answer.asked}: Marketo {what}"
    raise raises(message, code=f"HTTP {status}", in_doubt=is_server_error(status))


def _require_envelope(answer: Answer) -> None:
    """Raise unless the body is an envelope that says `success: true`."""
    content = answer.json_object()
    if content is None:
        raise broken(answer)
    errors = reported(content)
    # Of a success, too, that brings nothing but an error with its code.
    fails = any(code for code, _ in errors) and "result" not in content
    if errors and (fails or not succeeded(content)):
        raise _error(answer, content)
    if not (succeeded(content) and is_readable(content)):
        raise broken(answer)


def _error(answer: Answer, content: Mapping[str, Any]) -> AnswerError:
    """The error an envelope reports; with several, the one that says most."""
    told = reported(content)
    raises, code, words = most_telling(told, answer.status)
    said = quoted("; ".join(f"{code} {quoted(words)}".strip() for code, words in told), 1000)
    request_id = quoted(content.get("requestId") or "none", 60)
    text = f"{answer.asked}: Marketo says {said} (request id {request_id})"
    if raises is PermissionDenied:
        text += f". {permission(answer.path)}"
    elif raises is CallQuotaExceeded:
        text += f". {CALLS_USED_UP}"
    in_doubt = is_in_doubt(code, answer.status)
    if raises is FieldUnknown:
        names = names_in(words)
        return FieldUnknown(text, code=code, message=words, in_doubt=in_doubt, names=names)
    return raises(text, code=code, message=words, in_doubt=in_doubt)


CALLS_USED_UP = (
    "All integrations of the subscription have used its calls of today up: run again after "
    "midnight in Chicago, or buy more calls"
)


def permission(path: str) -> str:
    """Which permission of the API user's role a path needs, for a 603.

    Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/custom-services
    """
    needed = "Read-Only Assets" if path.startswith("/rest/asset/") else "Read-Only Lead"
    return (
        f"The API user's role needs the permission '{needed}' (Admin > Users & Roles), and this "
        "machine's address must be on the IP allowlist if there is one"
    )


def broken(answer: Answer) -> BrokenAnswer:
    """The error for an answer that makes no sense; whatever was asked may have been done."""
    what = "something that is not a Marketo answer" if answer.read() else "nothing"
    return BrokenAnswer(f"{answer.asked}: Marketo answered {what}", in_doubt=True)
