{% set columns = marketo_programs.loaded_columns('channels') %}

with channels as (
  select
    {{ marketo_programs.field(columns, 'id', 'integer') }} as channel_id,
    {{ marketo_programs.field(columns, 'name', 'text') }} as channel_name,
    {{ marketo_programs.field(columns, 'applicableProgramType', 'text') }}
      as applicable_program_type,
    {{ marketo_programs.field(columns, 'progressionStatuses', 'json') }} as statuses,
    {{ marketo_programs.field(columns, 'updatedAt', 'instant') }} as updated_at,
    {{ marketo_programs.field(columns, '_sdc_deleted_at', 'instant') }} as _deleted_at,
    {{ marketo_programs.field(columns, '_sdc_extracted_at', 'instant') }} as _extracted_at
  from {{ source('marketo', 'channels') }}
),

newest as (
  {{ marketo_programs.newest_rows('channels', ['channel_id']) }}
)

select * from newest
where _deleted_at is null
