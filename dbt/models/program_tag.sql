{%- do marketo_programs.check_loaded(['programs', 'programs_by_tag']) -%}

with known as (
  select program_id, tag_type, tag_value, 'programs' as tag_source
  from {{ ref('marketo_programs', 'stg_marketo__program_tags') }}
),

-- Where a program's own tags are not known, those by which it was found.
found as (
  select by_tag.program_id, by_tag.tag_type, by_tag.tag_value, 'programs_by_tag' as tag_source
  from {{ ref('marketo_programs', 'stg_marketo__programs_by_tag') }} as by_tag
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
  {{ dbt.concat([
    "cast(program_id as " ~ dbt.type_string() ~ ")", "'-'",
    "replace(replace(coalesce(tag_type, ''), '~', '~~'), '-', '~-')", "'-'", "coalesce(tag_value, '')"
  ]) }} as program_tag_key,
  program_id,
  tag_type,
  tag_value,
  tag_source
from tags
