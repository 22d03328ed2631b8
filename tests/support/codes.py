"""Marketo's codes with words as they come, and what each of them means."""

from __future__ import annotations

from tap_marketo_programs.errors import (
    AlreadyQueued,
    AnswerError,
    CallQuotaExceeded,
    DailyQuotaExceeded,
    FieldUnknown,
    FilterUnsupported,
    MemberFilterUnsupported,
    MembersFilterRefused,
    ObjectNotFound,
    PermissionDenied,
    ProgramsFilterUnsupported,
    QueueFull,
    RateLimited,
    ServiceUnavailable,
    TokenRejected,
    TooManyMembers,
)

# Adobe: Error Codes; the words of 1029 as clients in production have met them.
EXPECTED: list[tuple[str, str, type[AnswerError]]] = [
    ("500", "Internal Server error", ServiceUnavailable),
    ("502", "Bad Gateway", ServiceUnavailable),
    ("503", "Service Unavailable", ServiceUnavailable),
    ("600", "Empty access token", PermissionDenied),
    ("601", "Access token invalid", TokenRejected),
    ("602", "Access token expired", TokenRejected),
    ("603", "Access denied", PermissionDenied),
    ("604", "Request timed out", ServiceUnavailable),
    ("606", "Max rate limit '100' exceeded with in '20' secs", RateLimited),
    ("607", "Daily quota reached", CallQuotaExceeded),
    ("608", "API Temporarily Unavailable", ServiceUnavailable),
    ("611", "System error", ServiceUnavailable),
    ("614", "Invalid Subscription", ServiceUnavailable),
    ("615", "Concurrent access limit reached", ServiceUnavailable),
    ("702", "No data found for a given search scenario", ObjectNotFound),
    ("713", "Transient Error", ServiceUnavailable),
    ("1006", "Field 'x' not found", FieldUnknown),
    ("1002", "Missing value for required parameter 'filterValues'", MembersFilterRefused),
    ("1003", "Invalid value for filterValues", MembersFilterRefused),
    ("1011", "Lookup field 'updatedAt' not supported", MembersFilterRefused),
    (
        "1003",
        "Total membership size: 100,001 exceeds the limit allowed 100,000 for the filter",
        TooManyMembers,
    ),
    (
        "1003",
        "Matching membership size: 100,001 exceeds the limit allowed (100,000) for this api",
        TooManyMembers,
    ),
    ("1013", "Object not found", ObjectNotFound),
    ("1029", "Too many jobs (10) in queue", QueueFull),
    ("1029", "Too many jobs in queue", QueueFull),
    ("1029", "Export daily quota 500MB exceeded.", DailyQuotaExceeded),
    ("1029", "Quota of 500 MB exceeded", DailyQuotaExceeded),
    ("1029", "No more of the daily quota is left", DailyQuotaExceeded),
    ("1029", "Job already queued", AlreadyQueued),
    ("1035", "Unsupported filter type for target subscription", FilterUnsupported),
    ("1035", "Unsupported filter type for target subscription: updatedAt", FilterUnsupported),
    (
        "1035",
        "Unsupported filter type for target subscription: programIds",
        ProgramsFilterUnsupported,
    ),
    *(
        (
            "1035",
            f"Unsupported filter type for target subscription: {name}",
            MemberFilterUnsupported,
        )
        for name in ("statusNames", "isExhausted", "nurtureCadence")
    ),
    ("1003", "Invalid fields [webinarUrl, registrationCode]", FieldUnknown),
    ("1001", "Invalid value for field 'x'", FieldUnknown),
    ("1002", "The field x is missing", FieldUnknown),
    ("609", "Invalid fields", FieldUnknown),
]

# Described by Adobe or by nobody: all that can be said is that the request is wrong.
PLAIN = [
    ("605", "HTTP method not supported"),
    ("609", "Invalid JSON"),
    ("610", "Requested resource not found"),
    ("612", "Invalid Content Type"),
    ("701", "name cannot be blank"),
    ("709", "Business rule violation"),
    ("1001", "Invalid value 'x'. Required of type 'Integer'"),
    ("1002", "Missing value for the required parameter 'x'"),
    ("1003", "Invalid data"),
    ("1029", "Something that 1029 never meant before"),
    ("987654", "A code of tomorrow"),
]

# Marketo may have done all the same what it reports these for.
IN_DOUBT = {"500", "502", "503", "604"}
