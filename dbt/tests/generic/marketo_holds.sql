{% test marketo_holds(model, expression, column_name=none) %}
-- Rows for which an expression is false; unknown is no fault.
select *
from {{ model }}
where not ({{ expression }})
{% endtest %}
