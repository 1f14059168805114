WITH {% if fixed -%}
fixed AS (
  -- What does not change over time is in all versions as it was known last.
  SELECT
{%- for column in all %}
    {% if column in fixed %}first_value({{ column }}) OVER newest AS {% endif %}{{ column }}{% if not loop.last %},{% endif %}
{%- endfor %}
  FROM {{ raw }}
  WINDOW newest AS (PARTITION BY {{ key }} ORDER BY {{ newest }}{{ ties }})
), {% endif -%}
{% if version or deleted -%}
deliveries AS (
  SELECT
    *
{%- if version %},
    first_value({{ known_at }}) OVER (PARTITION BY {{ key }}, {{ version }} ORDER BY {{ known_at }}) AS _first_known
{%- endif %}
{%- if deleted %},
    -- A statement of which all rows are deletions says that from then on there is no such thing.
    first_value({{ gone }}) OVER (PARTITION BY {{ key }}, {{ statement }} ORDER BY {{ gone }}) AS _is_end
{%- endif %}
  FROM {{ rows }}
), {% endif -%}
statements AS (
  -- Of the rows of one statement the one known last counts, with its dates.
  SELECT {{ columns }}, {% if version %}_first_known, {% endif %}{% if deleted %}_is_end, {% endif %}{{ from }} AS _holds_from, {{ first_day }} AS first_day
  FROM {% if version or deleted %}deliveries{% else %}{{ rows }}{% endif %}
  QUALIFY row_number() OVER (PARTITION BY {{ key }}, {{ statement }} ORDER BY {{ known_last }}{{ ties }}{% if version %}, _first_known{% endif %}{% if deleted %}, _is_end{% endif %}) = 1
), versions AS (
  -- Of the statements of one day the one that holds last{% if version %}; of those from one time the one made last{% endif %}.
  SELECT *
  FROM statements
{%- if deleted %}
  -- One that was made and is deleted never was.
  WHERE _is_end OR NOT {{ gone }}
{%- endif %}
  QUALIFY row_number() OVER (PARTITION BY {{ key }}, first_day ORDER BY _holds_from DESC, {% if version %}_first_known DESC, {% endif %}{{ known_last }}{{ ties }}{% if deleted %}, _is_end{% endif %}) = 1
{%- if not valid_to %}
), compared AS (
  SELECT
    *,
    row_number() OVER of_one > 1
{%- for column in alike %}
      AND ({{ column }} IS NOT DISTINCT FROM lag({{ column }}) OVER of_one)
{%- endfor %}
{%- if deleted %}
      AND _is_end = lag(_is_end) OVER of_one
{%- endif %} AS _is_alike
  FROM versions
  WINDOW of_one AS (PARTITION BY {{ key }} ORDER BY first_day)
{%- endif %}
), placed AS (
{%- if not valid_to %}
  -- Versions that follow each other and differ in nothing but their times are one.
{%- endif %}
  SELECT
    *,
    row_number() OVER (PARTITION BY {{ key }} ORDER BY first_day) AS _place,
    lag(first_day) OVER (PARTITION BY {{ key }} ORDER BY first_day DESC) AS _next_day
{%- if valid_to %}
  FROM versions
{%- else %}
  FROM compared
  WHERE NOT _is_alike
{%- endif %}
)
SELECT
  {{ columns }},
{%- if begins %}
  CASE WHEN _place = 1
    {%- if undated %} AND {{ undated }} IS NULL{% endif %} THEN least(first_day, {{ begins }}) ELSE first_day END AS first_day,
{%- else %}
  first_day,
{%- endif %}
{%- if valid_to %}
  least(_next_day, {{ valid_to }}) AS day_after
{%- else %}
  _next_day AS day_after
{%- endif %}
{%- if approximate %},
  CASE WHEN _place = 1
    {%- if undated %} AND {{ undated }} IS NULL{% endif %} AND {{ begins }} < first_day THEN first_day END AS approximate_until
{%- endif %}
FROM placed
{%- if valid_to %}
WHERE ({{ valid_to }} IS NULL OR first_day < {{ valid_to }})
{%- if deleted %}
  AND NOT _is_end
{%- endif %}
{%- elif deleted %}
WHERE NOT _is_end
{%- endif %}
