"""What `--about` tells besides the settings' schema; it asks nobody and imports no stream.

A test holds the table against the classes. It must not know how a stream is extracted.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tap_marketo_programs.output.batch_config import BATCH_SIZE
from tap_marketo_programs.process.about_text import AboutStream

if TYPE_CHECKING:
    from singer_sdk.about import AboutInfo

ABOUT_STREAMS = (
    AboutStream(
        name="channels",
        key_properties=("id",),
        replication_key=None,
        description="Channels with their progression statuses: which step, and whether a success.",
    ),
    AboutStream(
        name="export_jobs",
        key_properties=("exportId",),
        replication_key=None,
        description=(
            "Bulk export jobs of this API user in the past seven days: when, how large, what "
            "became of them."
        ),
    ),
    AboutStream(
        name="program_member_keys",
        key_properties=("leadId", "programId"),
        replication_key=None,
        description=(
            "Snapshots of the keys of all members, which show who left; exists if "
            "`member_keys_days` is set."
        ),
    ),
    AboutStream(
        name="program_members",
        key_properties=("leadId", "programId"),
        replication_key="updatedAt",
        description="Members of programs, with custom fields and `lead_fields`, by bulk exports.",
    ),
    AboutStream(
        name="programs",
        key_properties=("id",),
        replication_key="updatedAt",
        description="Programs, with `program_details` their tags, costs and dates, too.",
    ),
    AboutStream(
        name="programs_by_tag",
        key_properties=("id", "tagType", "tagValue"),
        replication_key=None,
        description="Programs once for each of their tags.",
    ),
    AboutStream(
        name="tag_types",
        key_properties=("tagType",),
        replication_key=None,
        description="Tag types with the values they allow.",
    ),
)


def with_batch_keys(info: AboutInfo) -> AboutInfo:
    """The same with the keys of `batch_config` that the SDK reads and does not tell of."""
    told: dict[str, Any] = deepcopy(info.settings)
    batches = told["properties"]["batch_config"]["properties"]
    batches["batch_size"] = {
        "type": ["integer", "null"],
        "minimum": 1,
        "default": BATCH_SIZE,
        "description": "Most rows of a file.",
    }
    batches["storage"]["properties"]["params"] = {
        "type": ["object", "null"],
        "description": "Options of the library that reaches the storage (fsspec).",
    }
    return replace(info, settings=told)
