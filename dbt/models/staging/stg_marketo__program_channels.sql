-- A program names its channel. Where a channel was deleted and another one given its name,
-- loaders keep both: the one changed last counts.
with channels as (
  select
    channel_id,
    channel_name,
    row_number() over (
      partition by channel_name
      order by case when updated_at is null then 1 else 0 end, updated_at desc, channel_id desc
    ) as place
  from {{ ref('marketo_programs', 'stg_marketo__channels') }}
)

select
  programs.program_id,
  channels.channel_id
from {{ ref('marketo_programs', 'stg_marketo__programs') }} as programs
left join channels
  on programs.channel_name = channels.channel_name
  and channels.place = 1
