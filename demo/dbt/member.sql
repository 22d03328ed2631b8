with  __dbt__cte__stg_marketo__program_member_keys as (




-- Also the rows that a loader has marked as deleted: they say when a member was last seen.
select
  cast("leadId" as bigint) as lead_id,
  cast("programId" as bigint) as program_id,
  max(cast("snapshotAt" as timestamp)) as snapshot_at
from "postgres"."marketo"."program_member_keys"
group by 1, 2


),  __dbt__cte__stg_marketo__program_members as (


with members as (
  select
    cast("leadId" as bigint) as lead_id,
    cast("programId" as bigint) as program_id,
    nullif(cast("statusName" as TEXT), '') as status_name,
    nullif(cast("statusReason" as TEXT), '') as status_reason,
    cast("reachedSuccess" as boolean) as reached_success,
    cast("reachedSuccessDate" as timestamp)
      as reached_success_date,
    cast("acquiredBy" as boolean) as acquired_by,
    cast("membershipDate" as timestamp) as membership_date,
    cast("isExhausted" as boolean) as is_exhausted,
    nullif(cast("nurtureCadence" as TEXT), '') as nurture_cadence,
    nullif(cast("trackName" as TEXT), '') as track_name,
    cast("waitlistPriority" as bigint) as waitlist_priority,
    cast("createdAt" as timestamp) as created_at,
    cast("updatedAt" as timestamp) as updated_at,
    cast("_sdc_deleted_at" as timestamp) as _deleted_at,
    cast("_sdc_extracted_at" as timestamp) as _extracted_at
  from "postgres"."marketo"."program_members"
)


  select *
  from (
    select
      members.*,
      row_number() over (
        partition by program_id, lead_id
        order by
          case when _extracted_at is null then 1 else 0 end,
          _extracted_at desc,
          case when updated_at is null then 1 else 0 end,
          updated_at desc
      ) as _place
    from members
  ) as placed
  where _place = 1

),  __dbt__cte__stg_marketo__channels as (


with channels as (
  select
    cast("id" as bigint) as channel_id,
    nullif(cast("name" as TEXT), '') as channel_name,
    nullif(cast("applicableProgramType" as TEXT), '')
      as applicable_program_type,
    to_jsonb("progressionStatuses") as statuses,
    cast("updatedAt" as timestamp) as updated_at,
    cast("_sdc_deleted_at" as timestamp) as _deleted_at,
    cast("_sdc_extracted_at" as timestamp) as _extracted_at
  from "postgres"."marketo"."channels"
),

newest as (

  select *
  from (
    select
      channels.*,
      row_number() over (
        partition by channel_id
        order by
          case when _extracted_at is null then 1 else 0 end,
          _extracted_at desc,
          case when updated_at is null then 1 else 0 end,
          updated_at desc
      ) as _place
    from channels
  ) as placed
  where _place = 1

)

select * from newest
where _deleted_at is null
),  __dbt__cte__stg_marketo__programs as (


with programs as (
  select
    cast("id" as bigint) as program_id,
    nullif(cast("name" as TEXT), '') as program_name,
    nullif(cast("description" as TEXT), '') as description,
    nullif(cast("type" as TEXT), '') as program_type,
    nullif(cast("channel" as TEXT), '') as channel_name,
    nullif(cast("status" as TEXT), '') as program_status,
    nullif(cast("workspace" as TEXT), '') as workspace,
    nullif(cast("url" as TEXT), '') as url,
    to_jsonb("folder") as folder,
    cast("headStart" as boolean) as head_start,
    nullif(cast("sfdcId" as TEXT), '') as sfdc_id,
    nullif(cast("sfdcName" as TEXT), '') as sfdc_name,
    cast("startDate" as timestamp) as start_date,
    cast("endDate" as timestamp) as end_date,
    cast("createdAt" as timestamp) as created_at,
    cast("updatedAt" as timestamp) as updated_at,
    to_jsonb("tags") as tags,
    to_jsonb("costs") as costs,
    cast("_sdc_deleted_at" as timestamp) as _deleted_at,
    cast("_sdc_extracted_at" as timestamp) as _extracted_at
  from "postgres"."marketo"."programs"
),

newest as (

  select *
  from (
    select
      programs.*,
      row_number() over (
        partition by program_id
        order by
          case when _extracted_at is null then 1 else 0 end,
          _extracted_at desc,
          case when updated_at is null then 1 else 0 end,
          updated_at desc
      ) as _place
    from programs
  ) as placed
  where _place = 1

)

select
  newest.*,
  cast(nullif(folder ->> 'value', '') as bigint) as folder_id,
  nullif(folder ->> 'type', '') as folder_type,
  nullif(folder ->> 'folderName', '') as folder_name
from newest
where _deleted_at is null
),  __dbt__cte__stg_marketo__program_channels as (
-- A program names its channel. Where a channel was deleted and another one given its name,
-- loaders keep both: the one changed last counts.
with channels as (
  select
    channel_id,
    channel_name,
    row_number() over (
      partition by channel_name
      order by case when updated_at is null then 1 else 0 end, updated_at desc, channel_id desc
    ) as place
  from __dbt__cte__stg_marketo__channels
)

select
  programs.program_id,
  channels.channel_id
from __dbt__cte__stg_marketo__programs as programs
left join channels
  on programs.channel_name = channels.channel_name
  and channels.place = 1
), snapshots as (
  select program_id, max(snapshot_at) as newest_at
  from __dbt__cte__stg_marketo__program_member_keys
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
      when keys.snapshot_at < last_snapshot.newest_at
        and coalesce(members.updated_at < last_snapshot.newest_at, true)
        then 'program_not_in_snapshot'
      -- In no snapshot, although it was there before its program's newest: it joined and left
      -- in between, or before the first, or the loader deletes old keys.
      when keys.lead_id is null
        and coalesce(members.updated_at, members.membership_date, members.created_at) is not null
        and coalesce(members.updated_at < snapshots.newest_at, snapshots.newest_at is not null)
        and coalesce(members.membership_date < snapshots.newest_at, true)
        and coalesce(members.created_at < snapshots.newest_at, true)
        and coalesce(members._extracted_at < snapshots.newest_at, true)
        then 'never_in_snapshot'
    end as removed_reason
  from __dbt__cte__stg_marketo__program_members as members
  left join __dbt__cte__stg_marketo__program_member_keys as keys
    on members.program_id = keys.program_id
    and members.lead_id = keys.lead_id
  left join snapshots
    on members.program_id = snapshots.program_id
  cross join last_snapshot
)

select
  cast(seen.program_id as TEXT) || '-' || cast(seen.lead_id as TEXT) as member_key,
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
  seen.removed_reason is not null as is_removed,
  case when seen.removed_reason is not null then seen.last_seen_at end as removed_after,
  seen.removed_reason
from seen
left join __dbt__cte__stg_marketo__program_channels as channels
  on seen.program_id = channels.program_id
left join "postgres"."analytics"."channel_status" as statuses
  on channels.channel_id = statuses.channel_id
  and seen.status_name = statuses.status_name
