{% if marketo_programs.is_loaded('program_member_keys') %}

{% set columns = marketo_programs.loaded_columns('program_member_keys') %}

-- Also the rows that a loader has marked as deleted: they say when a member was last seen.
select
  {{ marketo_programs.field(columns, 'leadId', 'integer') }} as lead_id,
  {{ marketo_programs.field(columns, 'programId', 'integer') }} as program_id,
  max({{ marketo_programs.field(columns, 'snapshotAt', 'instant') }}) as snapshot_at
from {{ source('marketo', 'program_member_keys') }}
group by 1, 2

{% else %}

-- Not loaded; {{ source('marketo', 'program_member_keys') }}
select
  cast(null as {{ dbt.type_bigint() }}) as lead_id,
  cast(null as {{ dbt.type_bigint() }}) as program_id,
  cast(null as {{ marketo_programs.type_instant() }}) as snapshot_at
limit 0

{% endif %}
