{# The types of fields, by database. Those for Snowflake and BigQuery have not been run. #}

{% macro type_of(type) %}
  {%- set types = {
    'integer': dbt.type_bigint(),
    'number': dbt.type_numeric(),
    'text': dbt.type_string(),
    'boolean': dbt.type_boolean(),
    'json': marketo_programs.type_json(),
    'instant': marketo_programs.type_instant(),
  } -%}
  {{ return(types[type]) }}
{% endmacro %}


{% macro type_json() %}{{ return(adapter.dispatch('type_json', 'marketo_programs')()) }}{% endmacro %}

{% macro postgres__type_json() %}{{ return('jsonb') }}{% endmacro %}

{% macro duckdb__type_json() %}{{ return('json') }}{% endmacro %}

{% macro snowflake__type_json() %}{{ return('variant') }}{% endmacro %}

{% macro bigquery__type_json() %}{{ return('json') }}{% endmacro %}


{% macro type_instant() %}
  {{- return(adapter.dispatch('type_instant', 'marketo_programs')()) -}}
{% endmacro %}

{% macro default__type_instant() %}{{ return('timestamp') }}{% endmacro %}

{% macro snowflake__type_instant() %}{{ return('timestamp_ntz') }}{% endmacro %}


{% macro type_double() %}
  {#- dbt's own type_float() has 32 bits on DuckDB. -#}
  {{- return(adapter.dispatch('type_double', 'marketo_programs')()) -}}
{% endmacro %}

{% macro default__type_double() %}{{ return('float8') }}{% endmacro %}

{% macro bigquery__type_double() %}{{ return('float64') }}{% endmacro %}


{% macro as_instant(column, dtype) %}
  {#- An instant in UTC, without a zone, whatever the zone of the session. -#}
  {{- return(adapter.dispatch('as_instant', 'marketo_programs')(column, dtype)) -}}
{% endmacro %}

{% macro default__as_instant(column, dtype) %}
  {%- if 'with time zone' in dtype or dtype in ['timestamptz', 'timestamp_tz'] -%}
    ({{ column }} at time zone 'UTC')
  {%- else -%}
    cast({{ column }} as timestamp)
  {%- endif -%}
{% endmacro %}

{% macro snowflake__as_instant(column, dtype) %}
  {%- if dtype in ['timestamp_tz', 'timestamp_ltz'] -%}
    cast(convert_timezone('UTC', {{ column }}) as timestamp_ntz)
  {%- else -%}
    cast({{ column }} as timestamp_ntz)
  {%- endif -%}
{% endmacro %}

{% macro bigquery__as_instant(column, dtype) %}cast({{ column }} as timestamp){% endmacro %}
