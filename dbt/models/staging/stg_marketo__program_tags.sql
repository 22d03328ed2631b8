select
  programs.program_id,
  {{ marketo_programs.text_of('item.value', 'tagType') }} as tag_type,
  {{ marketo_programs.text_of('item.value', 'tagValue') }} as tag_value
from {{ ref('marketo_programs', 'stg_marketo__programs') }} as programs
{{ marketo_programs.each_item('programs.tags') }}
