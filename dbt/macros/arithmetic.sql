{% macro ratio(part, whole) %}
  {#- Part of the whole as a double; null where the whole is nothing. -#}
  cast({{ part }} as {{ marketo_programs.type_double() }}) / nullif({{ whole }}, 0)
{% endmacro %}
