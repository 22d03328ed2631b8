{%- do marketo_programs.check_loaded(
  ['programs', 'channels', 'program_members', 'program_member_keys']
) -%}
{%- do marketo_programs.check_member_fields(model.columns) -%}

with snapshots as (
  select program_id, max(snapshot_at) as newest_at
  from {{ ref('marketo_programs', 'stg_marketo__program_member_keys') }}
  group by program_id
),

last_snapshot as (
  select max(newest_at) as newest_at from snapshots
),

seen as (
  select
    members.*,
    keys.snapshot_at as last_seen_at,
    case
      when members._deleted_at is not null then 'deleted_by_loader'
      -- Who was changed after the snapshot has come back since.
      when keys.snapshot_at < snapshots.newest_at
        and coalesce(members.updated_at < snapshots.newest_at, true)
        then 'left_program'
      {%- if var('marketo_missing_programs_are_removed') %}
      when keys.snapshot_at < last_snapshot.newest_at
        and coalesce(members.updated_at < last_snapshot.newest_at, true)
        then 'program_not_in_snapshot'
      {%- endif %}
      {%- if var('marketo_missing_keys_are_removed') %}
      -- In no snapshot, although it was there before its program's newest: it joined and left
      -- in between, or before the first, or the loader deletes old keys.
      when keys.lead_id is null
        and coalesce(members.updated_at, members.membership_date, members.created_at) is not null
        and coalesce(members.updated_at < snapshots.newest_at, snapshots.newest_at is not null)
        and coalesce(members.membership_date < snapshots.newest_at, true)
        and coalesce(members.created_at < snapshots.newest_at, true)
        and coalesce(members._extracted_at < snapshots.newest_at, true)
        then 'never_in_snapshot'
      {%- endif %}
    end as removed_reason
  from {{ ref('marketo_programs', 'stg_marketo__program_members') }} as members
  left join {{ ref('marketo_programs', 'stg_marketo__program_member_keys') }} as keys
    on members.program_id = keys.program_id
    and members.lead_id = keys.lead_id
  left join snapshots
    on members.program_id = snapshots.program_id
  cross join last_snapshot
)

select
  {{ dbt.concat([
    "cast(seen.program_id as " ~ dbt.type_string() ~ ")", "'-'",
    "cast(seen.lead_id as " ~ dbt.type_string() ~ ")"
  ]) }} as member_key,
  seen.lead_id,
  seen.program_id,
  seen.status_name,
  statuses.step as status_step,
  statuses.is_success as is_success_status,
  statuses.channel_status_key,
  seen.status_reason,
  coalesce(seen.reached_success, false) as reached_success,
  seen.reached_success_date,
  coalesce(seen.acquired_by, false) as acquired_by,
  seen.membership_date,
  seen.is_exhausted,
  seen.nurture_cadence,
  seen.track_name,
  seen.waitlist_priority,
  seen.created_at,
  seen.updated_at,
  {%- for name in marketo_programs.member_fields() %}
  seen.{{ marketo_programs.snake_case(name) }},
  {%- endfor %}
  seen.removed_reason is not null as is_removed,
  case when seen.removed_reason is not null then seen.last_seen_at end as removed_after,
  seen.removed_reason
from seen
left join {{ ref('marketo_programs', 'stg_marketo__program_channels') }} as channels
  on seen.program_id = channels.program_id
left join {{ ref('marketo_programs', 'channel_status') }} as statuses
  on channels.channel_id = statuses.channel_id
  and seen.status_name = statuses.status_name
