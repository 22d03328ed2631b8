{#
  What a loader made of a stream: which table, and which of its columns is which field.

  Loaders spell names differently: `leadId` is "leadId" to target-postgres, leadid to
  target-duckdb, LEADID to target-snowflake and lead_id to others. So columns are looked up:
  by their exact names, then without regard to case and underscores.
#}

{% macro is_loaded(table) %}
  {#- Whether an optional table is to be read. -#}
  {%- set wanted = var('marketo_using_' ~ table) | string | lower -%}
  {%- if wanted not in ['detect', 'true', 'false'] -%}
    {{ exceptions.raise_compiler_error(
      "marketo_using_" ~ table ~ " is '" ~ wanted ~ "': it can be detect, true or false.") }}
  {%- endif -%}
  {%- if not execute or wanted == 'false' -%}
    {{ return(false) }}
  {%- endif -%}
  {{ return(wanted == 'true' or load_relation(source('marketo', table)) is not none) }}
{% endmacro %}


{% macro loaded_columns(table) %}
  {#- The columns of a table. At parsing, nothing can be asked of the database: none. -#}
  {%- set relation = source('marketo', table) -%}
  {%- if not execute -%}
    {{ return([]) }}
  {%- endif -%}
  {%- set found = load_relation(relation) -%}
  {%- if found is none -%}
    {{ exceptions.raise_compiler_error(
      "There is no table " ~ relation ~ ". Load the stream " ~ table ~ " first; if it is "
      ~ "elsewhere, set marketo_database, marketo_schema or marketo_" ~ table ~ "_identifier.") }}
  {%- endif -%}
  {{ return(adapter.get_columns_in_relation(found)) }}
{% endmacro %}


{% macro find_column(columns, field) %}
  {#- The column that holds a field, or none. -#}
  {%- for column in columns if column.name == field -%}
    {{ return(column) }}
  {%- endfor -%}
  {%- set wanted = field | lower | replace('_', '') -%}
  {%- for column in columns if (column.name | lower | replace('_', '')) == wanted -%}
    {{ return(column) }}
  {%- endfor -%}
  {{ return(none) }}
{% endmacro %}


{% macro field(columns, name, type) %}
  {#- A field as an expression of its type; null where the table has no such column.

      type: integer, number, text, boolean, instant (UTC, without a zone), json, or
      untouched. An empty text is null: some loaders cannot tell the two apart. -#}
  {%- set column = marketo_programs.find_column(columns, name) -%}
  {%- if column is none -%}
    {%- if execute and name in ['id', 'leadId', 'programId', 'snapshotAt'] -%}
      {{ exceptions.raise_compiler_error(
        "Model " ~ model.name ~ ": the table it reads has no column for " ~ name
        ~ ". Its columns are: " ~ columns | map(attribute='name') | join(', ') ~ ".") }}
    {%- endif -%}
    cast(null as {{ marketo_programs.type_of('text' if type == 'untouched' else type) }})
  {%- elif type == 'untouched' -%}
    {{ adapter.quote(column.name) }}
  {%- elif type == 'json' -%}
    {{ marketo_programs.as_json(adapter.quote(column.name), column.dtype | lower) }}
  {%- elif type == 'instant' -%}
    {{ marketo_programs.as_instant(adapter.quote(column.name), column.dtype | lower) }}
  {%- elif type == 'text' -%}
    nullif(cast({{ adapter.quote(column.name) }} as {{ dbt.type_string() }}), '')
  {%- else -%}
    cast({{ adapter.quote(column.name) }} as {{ marketo_programs.type_of(type) }})
  {%- endif -%}
{% endmacro %}


{% macro snake_case(field) %}
  {{- return(modules.re.sub('(?<=[a-z0-9])(?=[A-Z])', '_', field) | lower) -}}
{% endmacro %}


{% macro newest_rows(rows, key) %}
  {#- The last row of each key: loaders that only append keep all. #}
  select *
  from (
    select
      {{ rows }}.*,
      row_number() over (
        partition by {{ key | join(', ') }}
        order by
          case when _extracted_at is null then 1 else 0 end,
          _extracted_at desc,
          case when updated_at is null then 1 else 0 end,
          updated_at desc
      ) as _place
    from {{ rows }}
  ) as placed
  where _place = 1
{% endmacro %}
