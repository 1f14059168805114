-- What the product can do.
CREATE VIEW staging.features AS
SELECT feature, title, is_key, weight, released_on, retired_on
FROM dated.features
