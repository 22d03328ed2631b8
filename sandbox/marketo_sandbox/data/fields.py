"""Fields of program members and leads: what describe says of them and the values they take.

A field's values are a small pool of JSON-typed values; which member has which
is decided in `membership`. Nothing here knows about programs, files or HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass

Value = str | int | float | bool | None

AWKWARD_TEXTS: tuple[Value, ...] = (
    None,
    "plain",
    "Smith, John",
    'said "hello"',
    "two\nlines",
    "carriage\rreturn",
    "carriage return and\r\nline feed",
    "nul\0byte",
    "line\u2028separator",
    "next\u0085line",
    "emoji \U0001f680 and \U0001f469\u200d\U0001f4bb",
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8",
    " blank at both ends ",
    "tab\tinside",
    "semi;colon and 'apostrophe'",
    '"',
    '{""doubled"": "already"}',
    "back\\slash",
    "Stra\u00dfe, \u00c5ngstr\u00f6m",
    "0",
    "true",
    "=1+1",
)
"""Texts that broke public extractors: NUL, lone CR, U+2028, quotes, line breaks, emoji."""


@dataclass(frozen=True)
class Field:
    """One described field.

    `with_fraction` writes whole numbers as `12.0`, as CRM-synced integer and
    percent columns have been seen to arrive (singer-io/tap-marketo issue 42).
    """

    name: str
    data_type: str
    length: int | None = None
    updateable: bool = False
    crm_managed: bool = False
    display_name: str | None = None
    values: tuple[Value, ...] = (None,)
    custom: bool = False
    with_fraction: bool = False
    rest: bool = True

    @property
    def exportable(self) -> bool:
        """Formula fields "are not exported" (Adobe: Field Types); SOAP-only ones have no name."""
        return self.rest and self.data_type != "formula"

    def described(self) -> dict[str, object]:
        """The field as the describe endpoints show it; `length` only where there is one."""
        shown: dict[str, object] = {
            "name": self.name,
            "displayName": self.display_name or self.name,
            "dataType": self.data_type,
        }
        if self.length is not None:
            shown["length"] = self.length
        shown["updateable"] = self.updateable
        shown["crmManaged"] = self.crm_managed
        return shown


# Adobe: Program Members, "Describe", in the order of the sample there, the
# custom field of the sample left out.
STANDARD_MEMBER_FIELDS: tuple[Field, ...] = (
    Field("acquiredBy", "boolean", values=(True, False, False)),
    Field("attendanceLikelihood", "integer", values=(0, 17, 50, 83, 100)),
    Field("createdAt", "datetime"),
    Field("isExhausted", "boolean", values=(False, False, False, True)),
    Field("leadId", "integer"),
    Field("membershipDate", "datetime"),
    Field("nurtureCadence", "string", 4, values=("norm", "norm", "paus")),
    Field("program", "string", 255),
    Field("programId", "integer"),
    Field("reachedSuccess", "boolean"),
    Field("reachedSuccessDate", "datetime"),
    Field("registrationLikelihood", "integer", values=(5, 40, 65, 99)),
    Field("statusName", "string", 255),
    Field(
        "statusReason", "string", 255, values=(None, None, None, "Imported", "Form, landing page")
    ),
    Field("trackName", "string", 255, values=("Track 1", "Track 2", "Late \u2013 bloomers")),
    Field("updatedAt", "datetime"),
    Field("waitlistPriority", "integer", values=(None, None, 1, 2, 3)),
    Field("registrationCode", "string", 100, updateable=True, values=(None, "R-1001", "R-2002")),
    Field(
        "webinarUrl",
        "string",
        2000,
        updateable=True,
        values=(None, "https://example.com/w?a=1&b=2,3", "https://example.com/w/\u00fc"),
    ),
)

CUSTOM_MEMBER_FIELDS: tuple[Field, ...] = (
    Field("customText", "string", 255, values=AWKWARD_TEXTS, updateable=True, custom=True),
    Field("customBoolean", "boolean", values=(None, True, False), updateable=True, custom=True),
    Field(
        "customInteger",
        "integer",
        values=(None, 0, 12, -7, 2147483647),
        updateable=True,
        custom=True,
    ),
    Field(
        "customFloat",
        "float",
        values=(None, 42.7, 10.4, 12.0, 0.0, -3.25, 10000000.0),
        updateable=True,
        custom=True,
    ),
    Field(
        "customCurrency",
        "currency",
        values=(None, 10.4, 1999.99, 12000000.0),
        updateable=True,
        custom=True,
    ),
    Field(
        "customPercent", "percent", values=(None, 42.7, 12.0, 100.0), updateable=True, custom=True
    ),
    Field("customScore", "score", values=(None, 0, 5, -10, 40), updateable=True, custom=True),
    Field(
        "customDate",
        "date",
        values=(None, "2024-02-29", "1999-12-31", "2026-10-25"),
        updateable=True,
        custom=True,
    ),
    Field(
        "customDatetime",
        "datetime",
        values=(None, "2024-02-29T23:59:59Z", "2025-03-30T01:30:00Z"),
        updateable=True,
        custom=True,
    ),
    Field(
        "Seats_Booked__c",
        "integer",
        values=(None, 1, 2, 12),
        updateable=True,
        crm_managed=True,
        custom=True,
        with_fraction=True,
        display_name="Seats Booked",
    ),
    # A type no public list has: Marketo adds values without notice.
    Field("customPlace", "geo_point", values=(None, "48.1,11.5"), updateable=True, custom=True),
)

# Names and types after Adobe: Leads, "Describe"; the scatter of types after a real
# describe published as a dbt seed.
LEAD_FIELDS: tuple[Field, ...] = (
    Field("id", "integer", display_name="Id"),
    Field(
        "firstName",
        "string",
        255,
        updateable=True,
        display_name="First Name",
        values=("Ada", "Zo\u00eb", "Jos\u00e9 Mar\u00eda", None, "\u738b", 'Jim "JJ"', "O'Neil"),
    ),
    Field(
        "lastName",
        "string",
        255,
        updateable=True,
        display_name="Last Name",
        values=(
            "Lovelace",
            "Null",
            "Smith, Jr.",
            "M\u00fcller",
            None,
            "line\nbreak",
            "\u5c71\u7530",
        ),
    ),
    Field("email", "email", 255, updateable=True, display_name="Email Address"),
    Field(
        "company",
        "string",
        255,
        updateable=True,
        display_name="Company Name",
        values=(
            "Acme, Inc.",
            'The "Best" GmbH',
            "\U0001f680 Rockets",
            None,
            "Plain Ltd",
            "tab\tco",
        ),
    ),
    Field("title", "string", 255, updateable=True, values=(None, "CEO", "VP, Sales")),
    Field("phone", "phone", 255, updateable=True, values=(None, "+49 89 1234", "(555) 010-9999")),
    Field("website", "url", 255, updateable=True, values=(None, "https://example.org/?q=a,b")),
    Field("leadScore", "score", updateable=True, values=(0, 5, 40, None)),
    Field("annualRevenue", "currency", updateable=True, values=(None, 10.4, 25000000.0)),
    Field("numberOfEmployees", "integer", updateable=True, values=(None, 1, 250)),
    Field("unsubscribed", "boolean", updateable=True, values=(False, False, True)),
    Field("dateOfBirth", "date", updateable=True, values=(None, "1980-02-29")),
    Field("createdAt", "datetime"),
    Field("updatedAt", "datetime"),
    Field("sfdcLeadId", "string", 18, crm_managed=True, values=(None, "00Q1G00000QXWvQUAX")),
    Field("notes", "text", 30000, updateable=True, values=AWKWARD_TEXTS),
    Field("acquisitionProgramId", "reference", values=(None, 1001)),
    Field("leadQuality", "lead_function", values=(None, "A1")),
    Field("fullName", "formula", 255, values=("computed",)),
    # SOAP-only: leads/describe lists it without `rest`, describe2 not at all.
    Field("LeadPartition", "integer", values=(1,), rest=False),
)
