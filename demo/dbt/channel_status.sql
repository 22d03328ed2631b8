with  __dbt__cte__stg_marketo__channels as (


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
),  __dbt__cte__stg_marketo__channel_statuses as (
select
  channels.channel_id,
  channels.channel_name,
  channels.applicable_program_type,
  item.position as position,
  nullif(item.value ->> 'name', '') as status_name,
  cast(
    nullif(item.value ->> 'step', '') as bigint
  ) as step,
  nullif(item.value ->> 'type', '') as status_type,
  nullif(item.value ->> 'description', '') as description,
  cast(
    nullif(item.value ->> 'hidden', '') as boolean
  ) as is_hidden,
  cast(
    nullif(item.value ->> 'success', '') as boolean
  ) as is_success
from __dbt__cte__stg_marketo__channels as channels

  cross join lateral jsonb_array_elements(
    case when jsonb_typeof(channels.statuses) = 'array' then channels.statuses else cast('[]' as jsonb) end
  ) with ordinality as item (value, position)

), statuses as (
  select
    statuses.*,
    -- Should a channel list a name twice, the later step counts.
    row_number() over (
      partition by channel_id, status_name order by coalesce(step, -1) desc, position
    ) as place
  from __dbt__cte__stg_marketo__channel_statuses as statuses
  where status_name is not null
)

select
  cast(channel_id as TEXT) || '-' || status_name
    as channel_status_key,
  channel_id,
  channel_name,
  applicable_program_type,
  status_name,
  step,
  status_type,
  description,
  coalesce(is_hidden, false) as is_hidden,
  coalesce(is_success, false) as is_success
from statuses
where place = 1
