-- What customers said about the product, each item once as it was available last.
CREATE VIEW staging.feedback AS
SELECT feedback_id, account_id, user_id, feature, kind, local_day(created_at) AS day
FROM raw.feedback
QUALIFY row_number() OVER (
  PARTITION BY feedback_id
  ORDER BY created_at, available_at DESC, account_id, user_id, feature, kind
) = 1
