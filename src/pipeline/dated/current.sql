SELECT
  {{ columns }},
  {{ begins }} AS first_day,
{%- if ends %}
  CASE WHEN {{ ends }} IS NOT NULL THEN greatest({{ begins }}, {{ ends }}) END AS day_after
{%- else %}
  CAST(NULL AS DATE) AS day_after
{%- endif %}
FROM {{ raw }}
{%- if not is_unique %}
-- A thing stands once.
QUALIFY row_number() OVER (PARTITION BY {{ key }} ORDER BY {{ ties }}) = 1
{%- endif %}
