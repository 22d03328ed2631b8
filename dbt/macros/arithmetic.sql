{% macro ratio(part, whole) %}
  {#- Part of the whole as a double; null where the whole is nothing. -#}
  cast({{ part }} as {{ dbt.type_float() }}) / nullif({{ whole }}, 0)
{% endmacro %}
