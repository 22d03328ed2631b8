with  __dbt__cte__stg_marketo__programs as (


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
), members as (
  select
    program_id,
    sum(case when is_removed then 0 else 1 end) as members,
    sum(case when is_removed then 1 else 0 end) as removed_members,
    sum(case when reached_success and not is_removed then 1 else 0 end) as success_members,
    sum(case when acquired_by and not is_removed then 1 else 0 end) as new_names
  from "postgres"."analytics"."member"
  group by program_id
),

costs as (
  select program_id, sum(cost) as total_cost
  from "postgres"."analytics"."program_cost"
  group by program_id
),

programs as (
  select
    programs.*,
    channels.channel_id,
    cast(coalesce(members.members, 0) as bigint) as members,
    cast(coalesce(members.removed_members, 0) as bigint) as removed_members,
    cast(coalesce(members.success_members, 0) as bigint) as success_members,
    cast(coalesce(members.new_names, 0) as bigint) as new_names,
    costs.total_cost
  from __dbt__cte__stg_marketo__programs as programs
  left join __dbt__cte__stg_marketo__program_channels as channels
    on programs.program_id = channels.program_id
  left join members
    on programs.program_id = members.program_id
  left join costs
    on programs.program_id = costs.program_id
)

select
  program_id,
  program_name,
  description,
  program_type,
  channel_id,
  channel_name,
  program_status,
  workspace,
  url,
  folder_id,
  folder_type,
  folder_name,
  head_start,
  sfdc_id,
  sfdc_name,
  start_date,
  end_date,
  created_at,
  updated_at,
  members,
  removed_members,
  success_members,
  new_names,
  cast(success_members as float8) / nullif(members, 0)
 as success_rate,
  total_cost,
  cast(total_cost as float8) / nullif(members, 0)
 as cost_per_member,
  cast(total_cost as float8) / nullif(success_members, 0)
 as cost_per_success,
  cast(total_cost as float8) / nullif(new_names, 0)
 as cost_per_new_name
from programs
