"""Which streams there are, and what a catalog may not change of each.

It must not know what a stream extracts.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tap_marketo_programs.config.catalog import StreamFacts


@cache
def stream_classes() -> dict[str, Any]:
    """Every stream's class, by its name."""
    # Imported here because `--about` needs none of them, nor the export engine.
    from tap_marketo_programs.streams.assets import (  # noqa: PLC0415 - as above
        ChannelsStream,
        TagTypesStream,
    )
    from tap_marketo_programs.streams.export_jobs import ExportJobsStream  # noqa: PLC0415 - as above
    from tap_marketo_programs.streams.program_member_keys import ProgramMemberKeysStream  # noqa: PLC0415 - as above
    from tap_marketo_programs.streams.program_members import ProgramMembersStream  # noqa: PLC0415 - as above
    from tap_marketo_programs.streams.programs import ProgramsStream  # noqa: PLC0415 - as above
    from tap_marketo_programs.streams.programs_by_tag import ProgramsByTagStream  # noqa: PLC0415 - as above

    classes = (
        ChannelsStream,
        ExportJobsStream,
        ProgramMemberKeysStream,
        ProgramMembersStream,
        ProgramsByTagStream,
        ProgramsStream,
        TagTypesStream,
    )
    return {kind.name: kind for kind in classes}


def stream_facts() -> dict[str, StreamFacts]:
    """What a catalog may not change of each stream."""
    return {
        name: StreamFacts(
            keys=one.primary_keys if isinstance(one.primary_keys, tuple) else None,
            replication_key=one.replication_key if isinstance(one.replication_key, str) else None,
        )
        for name, one in stream_classes().items()
    }
