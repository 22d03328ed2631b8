{%- do marketo_programs.check_loaded(['channels']) -%}

with statuses as (
  select
    statuses.*,
    -- Should a channel list a name twice, the later step counts.
    row_number() over (
      partition by channel_id, status_name order by coalesce(step, -1) desc, position
    ) as place
  from {{ ref('marketo_programs', 'stg_marketo__channel_statuses') }} as statuses
  where status_name is not null
)

select
  {{ dbt.concat(["cast(channel_id as " ~ dbt.type_string() ~ ")", "'-'", "status_name"]) }}
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
