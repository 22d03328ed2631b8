"""Everything private of the Singer SDK that this tap touches, and what breaks without it.

Read this before the SDK's version is raised; a test holds the list against the code. The
names stand where they are used, since an override only works on its class. This module
must not know anything else: it is the list.

Modules:

- `_batch`: `BatchConfig` and its parts, as `get_batches` of any stream has them in its
  signature. Without it `batch_config` could not be read.
- `_catalog`: `get_selected_schema` leaves out what is not selected. Without it a stream map
  could name a field that no row has.

What `tap.TapMarketoPrograms` overrides and uses:

- `_config`: The config before it is checked. Without it texts of the environment would
  be refused instead of read.
- `_validate_config`: Without the override, the SDK's messages would repeat a secret of
  a wrong type, and a misspelt setting would be passed over.
- `_env_var_config`: Without the override, an empty variable would be a value, a number that
  is none a traceback, and `.env` would not be looked for where the tap runs.
- `_env_var_prefix`: What our variables begin with. Without it they are not found.
- `_set_compatible_replication_methods`: Called before all streams. Without the override,
  a bookmark that cannot be read would be found out after other streams were extracted.
- `_get_about_info`: What `--about` and `--help` tell. Without it the settings could not be
  told in full.
- `_handle_termination`: Without the override, SIGTERM would end with exit code 0.

What `streams.base.MarketoStream` overrides and uses:

- `_generate_record_messages`, `_process_record`, `_write_record_message`: Without the
  overrides, a stream map that fails would end the run with a text that repeats a cell, and a
  flattened record would lack columns where an object is null.
- `_write_activate_version_message`: Without the override, a target would drop the rows of
  the last run before the new ones are complete.
- `_increment_stream_state`: Without the override, every record would move the bookmark,
  past rows that are still to come.
- `_sync_records`: The rows that a batch holds. Without it a batch would hold deselected
  fields and nothing of what stream maps do.
- `_tap`: The tap of a stream. Without it, a stream could not know of streams beside
  itself, of stdout, or of the state as a whole.

What `streams.exported.ExportedStream` overrides and uses besides:

- `_sync_records`, `_sync_batches`: Without the overrides, a run of exports would belong to
  a suspended generator, and an error while writing would not end it.
- `_write_starting_replication_value`, `_finalize_state`, `_write_state_message`: What the
  SDK does around its loop. Without them, a stream that writes lines would leave no STATE.
- `_stream_version`: The version of a full table. Without it a target could not tell its
  rows from those of the run before.

What `streams.program_members.ProgramMembersStream` uses besides:

- `_primary_keys`: The keys that a catalog names. Without it a catalog could not name any.
- `_tap_input_catalog`: The user's catalog. Without it, an API user who may not read
  members could not extract programs either.

What `marketo.paging.OffsetSweep` uses:

- `_page_count`, `_value`, `_finished`: What the SDK's paginators keep. Without them pages
  could not overlap by a row, which is how a deleted program is noticed.

What `config.stream_maps` uses:

- `_eval`: The frame in which an expression fails. Without it, an error could not name the
  expression that failed.
"""
