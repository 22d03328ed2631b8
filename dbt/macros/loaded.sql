{#
  What a loader made of a stream: which table, and which of its columns is which field.

  Loaders spell names differently: `leadId` is "leadId" to target-postgres, leadid to
  target-duckdb, LEADID to target-snowflake and lead_id to others. So columns are looked up:
  by their exact names, then without regard to case and underscores.
#}

{% macro wanted(table) %}
  {#- Whether a table is to be read: true, false, or detect, which is if it is there. -#}
  {%- if table in ['programs_by_tag', 'program_member_keys'] -%}
    {{ return(var('marketo_using_' ~ table) | string | lower) }}
  {%- endif -%}
  {{ return('true') }}
{% endmacro %}


{% macro tables_named_like(table) %}
  {#- The tables that have the name and schema of a stream's; where names have a case, in any. -#}
  {%- set relation = source('marketo', table) -%}
  {%- if not execute or marketo_programs.is_out_of_reach(relation) -%}
    {{ return([]) }}
  {%- endif -%}
  {{ return(adapter.dispatch('tables_named_like', 'marketo_programs')(relation)) }}
{% endmacro %}

{% macro default__tables_named_like(relation) %}
  {%- set found = load_relation(relation) -%}
  {{ return([] if found is none else [found]) }}
{% endmacro %}

{% macro postgres__tables_named_like(relation) %}
  {#- Without load_relation, which ends with an error where the case is another one. -#}
  {%- set found = [] -%}
  {%- for row in dbt.list_relations_without_caching(relation.without_identifier())
    if row['name'] | lower == relation.identifier | lower
    and row['schema'] | lower == relation.schema | lower -%}
    {%- do found.append(api.Relation.create(
      database=relation.database, schema=row['schema'], identifier=row['name'])) -%}
  {%- endfor -%}
  {{ return(found) }}
{% endmacro %}

{% macro duckdb__tables_named_like(relation) %}
  {{ return(marketo_programs.postgres__tables_named_like(relation)) }}
{% endmacro %}


{% macro is_out_of_reach(relation) %}
  {#- Whether a table is in another database of a kind that reads but the one it is connected to. -#}
  {{ return(target.type == 'postgres' and relation.database != target.database) }}
{% endmacro %}


{% macro find_table(table) %}
  {#- A stream's table; none where it is not there. -#}
  {%- set relation = source('marketo', table) -%}
  {#- DuckDB's names are the same in any case, and so are names without quotes elsewhere. -#}
  {%- set has_case = target.type != 'duckdb'
    and (relation.quote_policy.schema or relation.quote_policy.identifier) -%}
  {%- for one in marketo_programs.tables_named_like(table)
    if not has_case or one.schema == relation.schema and one.identifier == relation.identifier -%}
    {{ return(one) }}
  {%- endfor -%}
  {{ return(none) }}
{% endmacro %}


{% macro is_loaded(table) %}
  {#- Whether an optional table is read. -#}
  {{ return(
    execute and marketo_programs.wanted(table) in ['detect', 'true']
    and marketo_programs.find_table(table) is not none) }}
{% endmacro %}


{% macro loaded_columns(table) %}
  {#- The columns of a table; none where it is not there, as `check_loaded` says, and at parsing,
      when nothing can be asked of the database. -#}
  {%- set found = marketo_programs.find_table(table) -%}
  {{ return([] if found is none else adapter.get_columns_in_relation(found)) }}
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


{% macro member_fields() %}
  {#- The fields that marketo_member_fields names; what else it may be is `check_member_fields`'s
      to say. -#}
  {%- set said = var('marketo_member_fields') or [] -%}
  {{ return([] if said is string or said is not iterable else said | select('string') | list) }}
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
