select
  channels.channel_id,
  channels.channel_name,
  channels.applicable_program_type,
  {{ marketo_programs.item_position() }} as position,
  {{ marketo_programs.text_of('item.value', 'name') }} as status_name,
  cast(
    {{ marketo_programs.text_of('item.value', 'step') }} as {{ dbt.type_bigint() }}
  ) as step,
  {{ marketo_programs.text_of('item.value', 'type') }} as status_type,
  {{ marketo_programs.text_of('item.value', 'description') }} as description,
  cast(
    {{ marketo_programs.text_of('item.value', 'hidden') }} as {{ dbt.type_boolean() }}
  ) as is_hidden,
  cast(
    {{ marketo_programs.text_of('item.value', 'success') }} as {{ dbt.type_boolean() }}
  ) as is_success
from {{ ref('marketo_programs', 'stg_marketo__channels') }} as channels
{{ marketo_programs.each_item('channels.statuses') }}
