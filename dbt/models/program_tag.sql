with known as (
  select program_id, tag_type, tag_value, 'programs' as tag_source
  from {{ ref('stg_marketo__program_tags') }}
),

-- Where a program's own tags are not known, those by which it was found.
found as (
  select by_tag.program_id, by_tag.tag_type, by_tag.tag_value, 'programs_by_tag' as tag_source
  from {{ ref('stg_marketo__programs_by_tag') }} as by_tag
  where not exists (
    select 1 from known where known.program_id = by_tag.program_id
  )
),

tags as (
  select * from known
  union
  select * from found
)

select
  {{ dbt.concat([
    "cast(program_id as " ~ dbt.type_string() ~ ")", "'-'",
    "coalesce(tag_type, '')", "'-'", "coalesce(tag_value, '')"
  ]) }} as program_tag_key,
  program_id,
  tag_type,
  tag_value,
  tag_source
from tags
