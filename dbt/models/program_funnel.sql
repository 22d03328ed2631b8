{%- do marketo_programs.check_loaded([]) -%}

with counted as (
  select
    program_id,
    -- A member without a status has a row of the funnel, too.
    coalesce(status_name, '') as status_name,
    channel_status_key,
    status_step,
    count(*) as members,
    sum(case when reached_success then 1 else 0 end) as success_members
  from {{ ref('marketo_programs', 'member') }}
  where not is_removed
  group by 1, 2, 3, 4
),

statuses as (
  select
    programs.program_id,
    statuses.channel_status_key,
    statuses.status_name,
    statuses.step,
    statuses.is_success,
    statuses.is_hidden,
    true as is_in_channel
  from {{ ref('marketo_programs', 'program') }} as programs
  inner join {{ ref('marketo_programs', 'channel_status') }} as statuses
    on programs.channel_id = statuses.channel_id
  union all
  -- Members keep a status that their channel lists no more.
  select
    counted.program_id,
    cast(null as {{ dbt.type_string() }}) as channel_status_key,
    counted.status_name,
    cast(null as {{ dbt.type_bigint() }}) as step,
    false as is_success,
    false as is_hidden,
    false as is_in_channel
  from counted
  where counted.channel_status_key is null
),

funnel as (
  select
    statuses.program_id,
    statuses.status_name,
    statuses.step,
    statuses.is_success,
    statuses.is_hidden,
    statuses.is_in_channel,
    coalesce(sum(
      case when counted.status_name = statuses.status_name then counted.members end
    ), 0) as members,
    coalesce(sum(
      case when counted.status_name = statuses.status_name then counted.success_members end
    ), 0) as success_members,
    case when statuses.step is not null then coalesce(sum(
      case when counted.status_step >= statuses.step then counted.members end
    ), 0) end as members_reached
  from statuses
  left join counted
    on statuses.program_id = counted.program_id
  group by 1, 2, 3, 4, 5, 6
)

select
  {{ dbt.concat([
    "cast(funnel.program_id as " ~ dbt.type_string() ~ ")", "'-'", "funnel.status_name"
  ]) }} as program_funnel_key,
  funnel.program_id,
  programs.program_name,
  programs.channel_name,
  funnel.status_name,
  funnel.step,
  funnel.is_success,
  funnel.is_hidden,
  funnel.is_in_channel,
  {%- for count in ['members', 'success_members', 'members_reached'] %}
  cast(funnel.{{ count }} as {{ dbt.type_bigint() }}) as {{ count }},
  {%- endfor %}
  {{ marketo_programs.ratio('funnel.members_reached', 'programs.members') }} as reached_rate,
  programs.members as program_members,
  programs.success_members as program_success_members,
  programs.success_rate,
  programs.total_cost,
  programs.cost_per_success
from funnel
inner join {{ ref('marketo_programs', 'program') }} as programs
  on funnel.program_id = programs.program_id
-- "Not in Program" is step 0 and no step of a funnel; whoever should have it is shown.
where funnel.step is null or funnel.step > 0 or funnel.members > 0
