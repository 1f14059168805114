SELECT
  {{ columns }},
  {{ begins }} AS first_day,
  {{ ends }} AS day_after
FROM {{ raw }}
{%- if is_ended %}
WHERE {{ ends }} IS NULL OR {{ begins }} < {{ ends }}
{%- endif %}
