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
),  __dbt__cte__stg_marketo__program_tags as (
select
  programs.program_id,
  nullif(item.value ->> 'tagType', '') as tag_type,
  nullif(item.value ->> 'tagValue', '') as tag_value
from __dbt__cte__stg_marketo__programs as programs

  cross join lateral jsonb_array_elements(
    case when jsonb_typeof(programs.tags) = 'array' then programs.tags else cast('[]' as jsonb) end
  ) with ordinality as item (value, position)

),  __dbt__cte__stg_marketo__programs_by_tag as (




select distinct
  cast("id" as bigint) as program_id,
  nullif(cast("tagType" as TEXT), '') as tag_type,
  nullif(cast("tagValue" as TEXT), '') as tag_value
from "postgres"."marketo"."programs_by_tag"
where cast("_sdc_deleted_at" as timestamp) is null


), known as (
  select program_id, tag_type, tag_value, 'programs' as tag_source
  from __dbt__cte__stg_marketo__program_tags
),

-- Where a program's own tags are not known, those by which it was found.
found as (
  select by_tag.program_id, by_tag.tag_type, by_tag.tag_value, 'programs_by_tag' as tag_source
  from __dbt__cte__stg_marketo__programs_by_tag as by_tag
  where not exists (
    select 1 from known where known.program_id = by_tag.program_id
  )
),

-- UNION alone is no BigQuery.
tags as (
  select * from known
  union all
  select * from found
)

select distinct
  cast(program_id as TEXT) || '-' || replace(replace(coalesce(tag_type, ''), '~', '~~'), '-', '~-') || '-' || coalesce(tag_value, '') as program_tag_key,
  program_id,
  tag_type,
  tag_value,
  tag_source
from tags
