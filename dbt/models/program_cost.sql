{%- do marketo_programs.check_loaded(['programs']) -%}

with costs as (
  select
    program_id,
    cast({{ dbt.date_trunc('month', 'start_date') }} as date) as cost_month,
    cost,
    note,
    position
  from {{ ref('marketo_programs', 'stg_marketo__program_costs') }}
)

select
  {{ dbt.concat([
    "cast(program_id as " ~ dbt.type_string() ~ ")", "'-'",
    "coalesce(cast(cost_month as " ~ dbt.type_string() ~ "), '')"
  ]) }} as program_cost_key,
  program_id,
  cost_month,
  sum(cost) as cost,
  count(*) as entries,
  -- Without a note, Snowflake makes an empty text.
  nullif({{ dbt.listagg('note', "'; '", "order by position") }}, '') as notes
from costs
group by program_id, cost_month
