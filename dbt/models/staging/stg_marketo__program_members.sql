{% set columns = marketo_programs.loaded_columns('program_members') %}

with members as (
  select
    {{ marketo_programs.field(columns, 'leadId', 'integer') }} as lead_id,
    {{ marketo_programs.field(columns, 'programId', 'integer') }} as program_id,
    {{ marketo_programs.field(columns, 'statusName', 'text') }} as status_name,
    {{ marketo_programs.field(columns, 'statusReason', 'text') }} as status_reason,
    {{ marketo_programs.field(columns, 'reachedSuccess', 'boolean') }} as reached_success,
    {{ marketo_programs.field(columns, 'reachedSuccessDate', 'instant') }}
      as reached_success_date,
    {{ marketo_programs.field(columns, 'acquiredBy', 'boolean') }} as acquired_by,
    {{ marketo_programs.field(columns, 'membershipDate', 'instant') }} as membership_date,
    {{ marketo_programs.field(columns, 'isExhausted', 'boolean') }} as is_exhausted,
    {{ marketo_programs.field(columns, 'nurtureCadence', 'text') }} as nurture_cadence,
    {{ marketo_programs.field(columns, 'trackName', 'text') }} as track_name,
    {{ marketo_programs.field(columns, 'waitlistPriority', 'integer') }} as waitlist_priority,
    {{ marketo_programs.field(columns, 'createdAt', 'instant') }} as created_at,
    {{ marketo_programs.field(columns, 'updatedAt', 'instant') }} as updated_at,
    {%- for name in marketo_programs.member_fields() %}
    {{ marketo_programs.field(columns, name, 'untouched') }}
      as {{ marketo_programs.snake_case(name) }},
    {%- endfor %}
    {{ marketo_programs.field(columns, '_sdc_deleted_at', 'instant') }} as _deleted_at,
    {{ marketo_programs.field(columns, '_sdc_extracted_at', 'instant') }} as _extracted_at
  from {{ source('marketo', 'program_members') }}
)

{{ marketo_programs.newest_rows('members', ['program_id', 'lead_id']) }}
