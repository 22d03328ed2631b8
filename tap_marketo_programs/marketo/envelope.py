"""Marketo's JSON answers, read as tolerantly as its export files are.

An answer may be a little off: half a surrogate where a text was cut (reported
for Marketo on Nation, ba-p/341110), NULs and bare control characters in texts,
an object where an array belongs, a number where a text belongs. What is meant
beyond doubt is read. Pure: it must not know HTTP, streams or what a row is
about.

Envelopes: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/error-codes
"""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.schemas.values import boolean, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_object(body: bytes) -> dict[str, Any] | None:
    """The JSON object of a body, or None where there is none.

    No text in it, key or value, holds half a surrogate or a NUL: neither can be
    written as UTF-8 or be loaded into a database. Export files lose their NULs too.
    """
    text = _decoded(body)
    with suppress(ValueError, RecursionError):
        answer = json.loads(text, strict=False, parse_int=_whole)
        if isinstance(answer, dict):
            return dict(_clean(answer)) if _UNCLEAN.search(text) else answer
    return None


# What `_clean` is for, as it stands in JSON: escaped or bare.
_UNCLEAN = re.compile("\\\\u(?:[dD][89a-fA-F]|0000)|[\0\ud800-\udfff]")
# Controls and line ends of any kind.
_NO_LINE = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


def _decoded(body: bytes) -> str:
    encoding = json.detect_encoding(body)
    try:
        return body.decode(encoding, "surrogatepass")
    except UnicodeDecodeError:
        # One broken character must not cost a page.
        return body.decode(encoding, "replace")


def _whole(digits: str) -> int | float:
    try:
        return int(digits)
    except ValueError:  # thousands of digits, more than Python wants to read
        return math.inf


def _clean(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value.replace("\0", ""))
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    return value


def succeeded(envelope: Mapping[str, Any]) -> bool:
    """Whether an envelope says `success: true`, if only as a text or a number."""
    told = envelope.get("success")
    try:
        return isinstance(told, str | int) and boolean(text_of(told))
    except ValueError:
        return False


def rows(envelope: Mapping[str, Any]) -> list[Any]:
    """The `result` of an envelope; `[]` where it is missing, as on an empty page.

    An object in place of the array is its only row.
    """
    found = envelope.get("result")
    if isinstance(found, dict):
        return [found]
    return found if isinstance(found, list) else []


def is_readable(envelope: Mapping[str, Any]) -> bool:
    """Whether `result`, if there is one, can hold rows at all."""
    return isinstance(envelope.get("result"), list | dict | None)


def reported(envelope: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The errors of an envelope, each as code and words, either of them perhaps empty.

    Adobe's form is `[{"code": "606", "message": "..."}]`.
    """
    return _entries(envelope.get("errors"))


def skip_reason(row: object) -> str | None:
    """Why Marketo left a row out, where it says so in the row's place.

    Such a row is `{"status": "skipped", "reasons": [{"code", "message"}]}`
    (recorded in 2020).

    Returns:
        The codes, such as `error 1003`; None for a row that is one.
    """
    if not isinstance(row, dict) or not row.get("reasons"):
        return None
    codes = dict.fromkeys(code for code, _ in _entries(row["reasons"]) if code)
    return " ".join(["error", *codes])


def _entries(told: object) -> list[tuple[str, str]]:
    if isinstance(told, dict) and not {"code", "message"} & told.keys():
        told = list(told.values())
    if not isinstance(told, list):
        told = [told] if told else []
    return [_entry(item) for item in told]


def _entry(told: object) -> tuple[str, str]:
    if isinstance(told, dict):
        code = told.get("code")
        if isinstance(code, float) and code.is_integer():
            code = int(code)
        return _word(code).strip(), _word(told.get("message"))
    return "", _word(told)


def _word(value: object) -> str:
    """A text of Marketo's as one line, as it will stand in a log."""
    return "" if value is None else _NO_LINE.sub(" ", str(value))
