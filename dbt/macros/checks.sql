{#
  What a model says where it cannot be made: which table or column is missing, which variable is
  wrong, and what to do.

  The models say it, and not the ephemeral ones that read the tables: of an error in an ephemeral
  model, `dbt build` shows nothing but that everything was skipped.
#}

{% macro check_loaded(tables) %}
  {#- End a model that cannot read its tables. A unit test needs none. -#}
  {%- if execute and model.resource_type == 'model' -%}
    {%- if model.config.materialized == 'incremental' -%}
      {%- do marketo_programs.end_with(
        "+materialized is incremental: the models are made as a whole, and every run would add "
        ~ "all rows again. It can be table or view.") -%}
    {%- endif -%}
    {%- for table in tables -%}
      {%- do marketo_programs.end_with(marketo_programs.why_unreadable(table)) -%}
    {%- endfor -%}
  {%- endif -%}
{% endmacro %}


{% macro check_member_fields(columns) %}
  {#- End the model of members where marketo_member_fields names what it cannot show.

      columns: those that the model has anyway. -#}
  {%- if execute and model.resource_type == 'model' -%}
    {%- do marketo_programs.end_with(marketo_programs.wrong_member_fields(columns | list)) -%}
  {%- endif -%}
{% endmacro %}


{% macro end_with(message) %}
  {#- End with a message, if it is one. `dbt compile` and `dbt docs generate`, which read no
      rows, only warn: a project can be compiled before anything is loaded. -#}
  {%- if message and flags.WHICH in ['compile', 'generate'] -%}
    {%- do exceptions.warn(message) -%}
  {%- elif message -%}
    {%- do exceptions.raise_compiler_error(message) -%}
  {%- endif -%}
{% endmacro %}


{% macro why_unreadable(table) %}
  {#- Why the rows of a table cannot be read; an empty text if they can, or are not wanted. -#}
  {%- set keys = {
    'programs': ['id'],
    'program_members': ['leadId', 'programId'],
    'channels': ['id'],
    'programs_by_tag': ['id'],
    'program_member_keys': ['leadId', 'programId', 'snapshotAt'],
  } -%}
  {%- set wanted = marketo_programs.wanted(table) -%}
  {%- if wanted not in ['detect', 'true', 'false'] -%}
    {{ return(
      "marketo_using_" ~ table ~ " is '" ~ wanted ~ "': it can be detect, true or false.") }}
  {%- elif wanted == 'false' -%}
    {{ return('') }}
  {%- endif -%}
  {%- set relation = source('marketo', table) -%}
  {%- set place = "in the schema " ~ relation.schema ~ " of the database " ~ relation.database -%}
  {%- set found = marketo_programs.find_table(table) -%}
  {%- if found is none and wanted == 'detect' -%}
    {{ return('') }}
  {%- elif found is none and marketo_programs.is_out_of_reach(relation) -%}
    {{ return(
      "marketo_database is " ~ relation.database ~ ", and dbt is connected to " ~ target.database
      ~ ": PostgreSQL reads no other database.") }}
  {%- elif found is none -%}
    {%- for one in marketo_programs.tables_named_like(table) -%}
      {{ return(
        "There is no table " ~ relation.identifier ~ " " ~ place ~ ", but " ~ one.identifier
        ~ " in the schema " ~ one.schema ~ ": write marketo_schema and marketo_" ~ table
        ~ "_identifier in the same case.") }}
    {%- endfor -%}
    {{ return(
      "There is no table " ~ relation.identifier ~ " " ~ place ~ ": run the tap with the stream "
      ~ table ~ " first; if the table is elsewhere, set the variable marketo_schema, "
      ~ "marketo_database or marketo_" ~ table ~ "_identifier.") }}
  {%- endif -%}
  {%- set columns = adapter.get_columns_in_relation(found) -%}
  {%- for key in keys[table] if marketo_programs.find_column(columns, key) is none -%}
    {{ return(
      "The table " ~ relation.identifier ~ " " ~ place ~ " has no column for " ~ key ~ " of the stream " ~ table ~ ". Its columns are: "
      ~ columns | map(attribute='name') | join(', ') ~ ".") }}
  {%- endfor -%}
  {{ return('') }}
{% endmacro %}


{% macro wrong_member_fields(taken) %}
  {#- What is wrong with marketo_member_fields; an empty text if nothing is. -#}
  {%- set said = var('marketo_member_fields') -%}
  {%- set fields = marketo_programs.member_fields() -%}
  {%- if said and fields != said -%}
    {{ return("marketo_member_fields is " ~ tojson(said)
      ~ ": it can be a list of names, such as [customText].") }}
  {%- endif -%}
  {%- set loaded = marketo_programs.loaded_columns('program_members') -%}
  {%- set wrong = [] -%}
  {%- for name in fields -%}
    {%- set column = marketo_programs.snake_case(name) -%}
    {%- if loaded and marketo_programs.find_column(loaded, name) is none -%}
      {%- do wrong.append("the table of members has no column for " ~ name ~ ".") -%}
    {%- elif column in taken -%}
      {%- do wrong.append("with " ~ name ~ ", the model would have two columns " ~ column
        ~ ": leave it out.") -%}
    {%- endif -%}
    {%- do taken.append(column) -%}
  {%- endfor -%}
  {{ return("marketo_member_fields: " ~ wrong | join(' ') if wrong else '') }}
{% endmacro %}
