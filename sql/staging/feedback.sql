-- What customers said about the product.
CREATE VIEW staging.feedback AS
SELECT feedback_id, account_id, user_id, feature, kind, day
FROM dated.feedback
