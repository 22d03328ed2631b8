{% if marketo_programs.is_loaded('programs_by_tag') %}

{% set columns = marketo_programs.loaded_columns('programs_by_tag') %}

select distinct
  {{ marketo_programs.field(columns, 'id', 'integer') }} as program_id,
  {{ marketo_programs.field(columns, 'tagType', 'text') }} as tag_type,
  {{ marketo_programs.field(columns, 'tagValue', 'text') }} as tag_value
from {{ source('marketo', 'programs_by_tag') }}
where {{ marketo_programs.field(columns, '_sdc_deleted_at', 'instant') }} is null

{% else %}

-- Not loaded; {{ source('marketo', 'programs_by_tag') }}
select
  cast(null as {{ dbt.type_bigint() }}) as program_id,
  cast(null as {{ dbt.type_string() }}) as tag_type,
  cast(null as {{ dbt.type_string() }}) as tag_value
limit 0

{% endif %}
