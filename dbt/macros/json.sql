{#
  Arrays and objects, by database. Those for Snowflake and BigQuery have not been run.

  Loaders make different columns of an array of objects: target-postgres jsonb[], others jsonb
  or json, target-duckdb json, target-snowflake variant, and any of them may make a text.
#}

{% macro as_json(column, dtype) %}
  {{- return(adapter.dispatch('as_json', 'marketo_programs')(column, dtype)) -}}
{% endmacro %}

{% macro postgres__as_json(column, dtype) %}
  {%- if dtype == 'text' or dtype.startswith('character') -%}
    cast(nullif({{ column }}, '') as jsonb)
  {%- else -%}
    to_jsonb({{ column }})
  {%- endif -%}
{% endmacro %}

{% macro duckdb__as_json(column, dtype) %}
  {%- if dtype == 'varchar' -%}
    cast(nullif({{ column }}, '') as json)
  {%- else -%}
    cast({{ column }} as json)
  {%- endif -%}
{% endmacro %}

{% macro snowflake__as_json(column, dtype) %}
  {%- if dtype.startswith('character') or dtype.startswith('varchar') or dtype == 'text' -%}
    parse_json(nullif({{ column }}, ''))
  {%- else -%}
    to_variant({{ column }})
  {%- endif -%}
{% endmacro %}

{% macro bigquery__as_json(column, dtype) %}
  {%- if dtype == 'string' -%}
    parse_json(nullif({{ column }}, ''))
  {%- else -%}
    to_json({{ column }})
  {%- endif -%}
{% endmacro %}


{% macro each_item(array) %}
  {#- What to write after a table in FROM: one row for each item of its array, with
      item.value (json) and a place (item_position). -#}
  {{- return(adapter.dispatch('each_item', 'marketo_programs')(array)) -}}
{% endmacro %}

{% macro postgres__each_item(array) %}
  cross join lateral jsonb_array_elements(
    case when jsonb_typeof({{ array }}) = 'array' then {{ array }} else cast('[]' as jsonb) end
  ) with ordinality as item (value, position)
{% endmacro %}

{% macro duckdb__each_item(array) %}
  cross join lateral (
    select
      unnest(from_json({{ array }}, '["JSON"]')) as value,
      unnest(generate_series(1, cast(json_array_length({{ array }}) as bigint))) as position
  ) as item
{% endmacro %}

{% macro snowflake__each_item(array) %}
  cross join lateral flatten(input => {{ array }}) as item
{% endmacro %}

{% macro bigquery__each_item(array) %}
  cross join unnest(array(
    select as struct value, offset + 1 as position
    from unnest(json_query_array({{ array }})) as value with offset
  )) as item
{% endmacro %}


{% macro item_position() %}
  {#- The place of an item of each_item in its array; 1 is the first. -#}
  {{- return(adapter.dispatch('item_position', 'marketo_programs')()) -}}
{% endmacro %}

{% macro default__item_position() %}item.position{% endmacro %}

{% macro snowflake__item_position() %}item.index + 1{% endmacro %}


{% macro text_of(value, key) %}
  {#- A key's value as a text; null where there is none, or an empty text. -#}
  {{- return(adapter.dispatch('text_of', 'marketo_programs')(value, key)) -}}
{% endmacro %}

{% macro default__text_of(value, key) %}nullif({{ value }} ->> '{{ key }}', ''){% endmacro %}

{% macro snowflake__text_of(value, key) %}
  nullif(cast(get({{ value }}, '{{ key }}') as varchar), '')
{% endmacro %}

{% macro bigquery__text_of(value, key) %}
  nullif(json_value({{ value }}, '$.{{ key }}'), '')
{% endmacro %}
