{%- do marketo_programs.check_loaded(['programs', 'channels']) -%}

with members as (
  select
    program_id,
    sum(case when is_removed then 0 else 1 end) as members,
    sum(case when is_removed then 1 else 0 end) as removed_members,
    sum(case when reached_success and not is_removed then 1 else 0 end) as success_members,
    sum(case when acquired_by and not is_removed then 1 else 0 end) as new_names
  from {{ ref('marketo_programs', 'member') }}
  group by program_id
),

costs as (
  select program_id, sum(cost) as total_cost
  from {{ ref('marketo_programs', 'program_cost') }}
  group by program_id
),

programs as (
  select
    programs.*,
    channels.channel_id,
    cast(coalesce(members.members, 0) as {{ dbt.type_bigint() }}) as members,
    cast(coalesce(members.removed_members, 0) as {{ dbt.type_bigint() }}) as removed_members,
    cast(coalesce(members.success_members, 0) as {{ dbt.type_bigint() }}) as success_members,
    cast(coalesce(members.new_names, 0) as {{ dbt.type_bigint() }}) as new_names,
    costs.total_cost
  from {{ ref('marketo_programs', 'stg_marketo__programs') }} as programs
  left join {{ ref('marketo_programs', 'stg_marketo__program_channels') }} as channels
    on programs.program_id = channels.program_id
  left join members
    on programs.program_id = members.program_id
  left join costs
    on programs.program_id = costs.program_id
)

select
  program_id,
  program_name,
  description,
  program_type,
  channel_id,
  channel_name,
  program_status,
  workspace,
  url,
  folder_id,
  folder_type,
  folder_name,
  head_start,
  sfdc_id,
  sfdc_name,
  start_date,
  end_date,
  created_at,
  updated_at,
  members,
  removed_members,
  success_members,
  new_names,
  {{ marketo_programs.ratio('success_members', 'members') }} as success_rate,
  total_cost,
  {{ marketo_programs.ratio('total_cost', 'members') }} as cost_per_member,
  {{ marketo_programs.ratio('total_cost', 'success_members') }} as cost_per_success,
  {{ marketo_programs.ratio('total_cost', 'new_names') }} as cost_per_new_name
from programs
