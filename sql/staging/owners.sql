-- Which owner, our customer success manager (CSM), looks after an account on which days: from the day the account came to
-- them until the day it left, or came to the next one though nobody wrote down that it left.
CREATE VIEW staging.owners AS
SELECT account_id, owner_id, first_day, day_after
FROM dated.account_owners
WHERE role = 'csm'
