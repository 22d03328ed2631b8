{% set columns = marketo_programs.loaded_columns('programs') %}

with programs as (
  select
    {{ marketo_programs.field(columns, 'id', 'integer') }} as program_id,
    {{ marketo_programs.field(columns, 'name', 'text') }} as program_name,
    {{ marketo_programs.field(columns, 'description', 'text') }} as description,
    {{ marketo_programs.field(columns, 'type', 'text') }} as program_type,
    {{ marketo_programs.field(columns, 'channel', 'text') }} as channel_name,
    {{ marketo_programs.field(columns, 'status', 'text') }} as program_status,
    {{ marketo_programs.field(columns, 'workspace', 'text') }} as workspace,
    {{ marketo_programs.field(columns, 'url', 'text') }} as url,
    {{ marketo_programs.field(columns, 'folder', 'json') }} as folder,
    {{ marketo_programs.field(columns, 'headStart', 'boolean') }} as head_start,
    {{ marketo_programs.field(columns, 'sfdcId', 'text') }} as sfdc_id,
    {{ marketo_programs.field(columns, 'sfdcName', 'text') }} as sfdc_name,
    {{ marketo_programs.field(columns, 'startDate', 'instant') }} as start_date,
    {{ marketo_programs.field(columns, 'endDate', 'instant') }} as end_date,
    {{ marketo_programs.field(columns, 'createdAt', 'instant') }} as created_at,
    {{ marketo_programs.field(columns, 'updatedAt', 'instant') }} as updated_at,
    {{ marketo_programs.field(columns, 'tags', 'json') }} as tags,
    {{ marketo_programs.field(columns, 'costs', 'json') }} as costs,
    {{ marketo_programs.field(columns, '_sdc_deleted_at', 'instant') }} as _deleted_at,
    {{ marketo_programs.field(columns, '_sdc_extracted_at', 'instant') }} as _extracted_at
  from {{ source('marketo', 'programs') }}
),

newest as (
  {{ marketo_programs.newest_rows('programs', ['program_id']) }}
)

select
  newest.*,
  cast({{ marketo_programs.text_of('folder', 'value') }} as {{ dbt.type_bigint() }}) as folder_id,
  {{ marketo_programs.text_of('folder', 'type') }} as folder_type,
  {{ marketo_programs.text_of('folder', 'folderName') }} as folder_name
from newest
where _deleted_at is null
