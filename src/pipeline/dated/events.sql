{%- if not key -%}
SELECT {{ others }}, {{ day }} AS day
FROM {{ raw }}
{%- else -%}
WITH deliveries AS (
  SELECT
    {{ others }},
    {{ day }} AS day,
    row_number() OVER delivered AS _place,
    lag({{ day }}) OVER delivered AS _day_before
  FROM {{ raw }}
  WINDOW delivered AS (PARTITION BY {{ key }} ORDER BY {{ day }}, {{ known_last }}{{ ties }})
)
SELECT {{ others }}, day
FROM deliveries
-- A fact counts once: on its earliest day, as it was known last. Another delivery of it is looked for {{ max_delay }} days back.
WHERE _place = 1 OR _day_before < day - {{ max_delay }}
{%- endif %}
