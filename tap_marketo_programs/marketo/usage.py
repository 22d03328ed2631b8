"""How many calls were made today, by everybody who calls this subscription.

It must not know what is made of the figure.

Source: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/usage
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_marketo_programs.errors import AnswerError
from tap_marketo_programs.schemas.values import text_of, whole_number

if TYPE_CHECKING:
    from tap_marketo_programs.marketo.client import MarketoClient

USAGE_PATH = "/rest/v1/stats/usage.json"


def calls_today(client: MarketoClient) -> int | None:
    """Calls of all API users since midnight in Chicago; None where Marketo does not tell.

    It is asked for a person's information, so a refusal ends nothing.
    """
    try:
        days = client.call("GET", USAGE_PATH)
        total = days[0].get("total") if days and isinstance(days[0], dict) else None
        return None if isinstance(total, bool) else whole_number(text_of(total))
    except (AnswerError, ValueError):
        return None
