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
),  __dbt__cte__stg_marketo__program_costs as (
select
  programs.program_id,
  item.position as position,
  cast(
    left(nullif(item.value ->> 'startDate', ''), 10) as date
  ) as start_date,
  cast(
    nullif(item.value ->> 'cost', '') as numeric(28,6)
  ) as cost,
  nullif(item.value ->> 'note', '') as note
from __dbt__cte__stg_marketo__programs as programs

  cross join lateral jsonb_array_elements(
    case when jsonb_typeof(programs.costs) = 'array' then programs.costs else cast('[]' as jsonb) end
  ) with ordinality as item (value, position)

), costs as (
  select
    program_id,
    cast(date_trunc('month', start_date) as date) as cost_month,
    cost,
    note,
    position
  from __dbt__cte__stg_marketo__program_costs
)

select
  cast(program_id as TEXT) || '-' || coalesce(cast(cost_month as TEXT), '') as program_cost_key,
  program_id,
  cost_month,
  sum(cost) as cost,
  count(*) as entries,
  -- Without a note, Snowflake makes an empty text.
  nullif(
    string_agg(
        note,
        '; '
        order by position
        ), '') as notes
from costs
group by program_id, cost_month
