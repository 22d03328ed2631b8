select
  programs.program_id,
  {{ marketo_programs.item_position() }} as position,
  cast(
    left({{ marketo_programs.text_of('item.value', 'startDate') }}, 10) as date
  ) as start_date,
  cast(
    {{ marketo_programs.text_of('item.value', 'cost') }} as {{ dbt.type_numeric() }}
  ) as cost,
  {{ marketo_programs.text_of('item.value', 'note') }} as note
from {{ ref('marketo_programs', 'stg_marketo__programs') }} as programs
{{ marketo_programs.each_item('programs.costs') }}
