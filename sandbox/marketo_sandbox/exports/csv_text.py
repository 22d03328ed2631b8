"""How an export file spells values: separators, quotes, nulls, booleans, numbers.

Knows the knobs that choose among spellings, and nothing of members or jobs.
Adobe: Bulk Program Member Extract; the bytes of the public real extracts.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marketo_sandbox.data.fields import Field, Value
    from marketo_sandbox.data.member_values import Column
    from marketo_sandbox.knobs import Knobs

_JAVA_EXPONENT_FROM = 10**7


class CsvText:
    """Spells cells and rows the way the knobs say."""

    def __init__(self, knobs: Knobs, file_format: str = "CSV") -> None:
        ssv = " " if knobs.choice("ssv_separator") == "space" else ";"
        self.separator = {"CSV": ",", "TSV": "\t", "SSV": ssv}[file_format]
        self.line_end = "\r\n" if knobs.choice("line_ends") == "crlf" else "\n"
        self.ends_with_line_end = knobs.choice("line_ends") != "no_final"
        self._booleans = knobs.choice("boolean_spelling")
        self._numbers = knobs.choice("decimal_spelling")
        self._nulls = knobs.choice("null_spelling")

    def quoted(self, text: str) -> str:
        """Quote a text only where it needs it."""
        if any(mark in text for mark in (self.separator, '"', "\n", "\r")):
            return '"' + text.replace('"', '""') + '"'
        return text

    def cell(self, described: Field, value: Value, *, of_lead: bool) -> str:
        """One cell."""
        if value is None:
            return "" if self._nulls == "empty_cell" else "null"
        if isinstance(value, bool):
            return self._boolean(value=value, of_lead=of_lead)
        if isinstance(value, int):
            return f"{value}.0" if described.with_fraction else str(value)
        if isinstance(value, float):
            return self._float(value)
        if self._nulls == "quoted" and value == "null":
            return '"null"'
        return self.quoted(value)

    def _boolean(self, *, value: bool, of_lead: bool) -> str:
        words = self._booleans == "words" or (self._booleans == "mixed" and of_lead)
        if words:
            return "true" if value else "false"
        return "1" if value else "0"

    def _float(self, value: float) -> str:
        if self._numbers == "integral" and value.is_integer():
            return str(int(value))
        if self._numbers == "exponent" and abs(value) >= _JAVA_EXPONENT_FROM:
            digits = Decimal(repr(value)).normalize()
            mantissa = digits.scaleb(-digits.adjusted()).normalize()
            text = format(mantissa, "f")
            return f"{text if '.' in text else text + '.0'}E{digits.adjusted()}"
        text = format(Decimal(repr(value)), "f")
        return text if "." in text else text + ".0"

    def column(self, described: Field, column: Column, *, of_lead: bool) -> list[str]:
        """The cells of one column; a pool is spelled once, not once a row."""
        if column.plain:
            null = "" if self._nulls == "empty_cell" else "null"
            return [null if value is None else str(value) for value in column.values]
        cells = [self.cell(described, value, of_lead=of_lead) for value in column.values]
        return cells if column.picks is None else [cells[pick] for pick in column.picks]

    def header(self, names: list[str]) -> str:
        """The header line."""
        return self.separator.join(map(self.quoted, names))
