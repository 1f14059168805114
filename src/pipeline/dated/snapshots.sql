WITH loads AS (
  -- The last load of a day is all there is on it.
  SELECT {{ day }} AS first_day, max({{ taken_at }}) AS _taken_last
  FROM {{ raw }}
  GROUP BY {{ day }}
), numbered AS (
  SELECT
    first_day,
    _taken_last,
    row_number() OVER (ORDER BY first_day) AS _load,
    lag(first_day) OVER (ORDER BY first_day DESC) AS _next_day
  FROM loads
), given AS (
  SELECT
{%- for column in all %}
    loaded.{{ column }},
{%- endfor %}
    numbered.first_day,
    numbered._load,
    numbered._next_day
  FROM numbered
  JOIN {{ raw }} AS loaded ON loaded.{{ taken_at }} = numbered._taken_last
), once AS (
  SELECT *
  FROM given
  QUALIFY row_number() OVER (PARTITION BY {{ key }}, _load ORDER BY {{ ties }}) = 1
), compared AS (
  SELECT
    *,
    coalesce(lag(_load) OVER of_one = _load - 1, FALSE)
{%- for column in alike %}
      AND ({{ column }} IS NOT DISTINCT FROM lag({{ column }}) OVER of_one)
{%- endfor %} AS _is_alike
  FROM once
  WINDOW of_one AS (PARTITION BY {{ key }} ORDER BY _load)
), stretches AS (
  SELECT
    *,
    sum(CASE WHEN _is_alike THEN 0 ELSE 1 END) OVER (
      PARTITION BY {{ key }} ORDER BY _load ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS _stretch
  FROM compared
), ended AS (
  SELECT
    *,
    first_value(_next_day) OVER (PARTITION BY {{ key }}, _stretch ORDER BY _load DESC) AS day_after
  FROM stretches
)
-- Rows that the next load has alike are one; what it does not have ended on its day.
SELECT {{ columns }}, first_day, day_after
FROM ended
WHERE NOT _is_alike
