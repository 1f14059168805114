-- Every metric of an account on a day: the one table that components and scores read.
--
-- One subject a file, each with the rows of the spine; here they only stand side by side.
CREATE TABLE metrics.accounts (
  account_id              VARCHAR NOT NULL REFERENCES staging.accounts (account_id), -- the account
  as_of_date              DATE NOT NULL, -- facts as of the end of this day
  account_name            VARCHAR, -- name of the account, for people
  segment                 VARCHAR NOT NULL, -- SMB, MM or ENT
  tenure_days             BIGINT NOT NULL, -- days as a customer, this one included
  joined_days             BIGINT, -- days since the last account went on in it, this one included: a window of more days has no value yet; NULL where none did
  region                  VARCHAR, -- where the account is run from
  industry                VARCHAR, -- line of business of the account
  business_model          VARCHAR, -- how the account is sold to
  parent_account_id       VARCHAR, -- the account that this one belongs to; NULL for one of its own
  is_in_force             BOOLEAN NOT NULL, -- a contract line is in force; FALSE in the days after the last
  approximate             BOOLEAN NOT NULL, -- a row of now stood for what was in the past
  usage_seconds_28d       BIGINT, -- seconds in the product in 28 days, by users and integrations; NULL while another account has gone on in it for less than 28 days
  usage_seconds_prev_28d  BIGINT, -- seconds in the product in the 28 days before the last 28; NULL while another account has gone on in it for less than 56 days
  usage_growth_28d        DOUBLE, -- share by which seconds in the product grew on the 28 days before; NULL without usage then, and for who is a customer, unmerged, or in a complete log, for less than 56 days
  usage_growth_base       VARCHAR NOT NULL, -- why usage growth is known or not: observed: it is known; from_zero: usage after none; no_usage: none in either period; warm_up: a customer, or in a complete log, for less than 56 days
  events_28d              BIGINT, -- events of any kind in 28 days; NULL while another account has gone on in it for less than 28 days
  events_prev_28d         BIGINT, -- events of any kind in the 28 days before the last 28; NULL while another account has gone on in it for less than 56 days
  logins_28d              BIGINT, -- logins in 28 days; NULL while another account has gone on in it for less than 28 days
  login_trend             DOUBLE, -- logins of 30 days against a third of those of 90: 1 is steady; NULL without logins in 90, and for who is a customer, unmerged, or in a complete log, for less than these
  session_seconds_mean_28d DOUBLE, -- mean seconds in the product of a session, by session id, in 28 days: a log without logins has sessions too; NULL without sessions; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  session_seconds_median_28d DOUBLE, -- median seconds in the product of a session, by session id, in 28 days; NULL without sessions; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  api_calls_28d           BIGINT, -- calls of the API in 28 days; NULL while another account has gone on in it for less than 28 days
  api_error_rate_28d      DOUBLE, -- share of the calls of the API in 28 days that failed; NULL without calls; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  content_views_28d       BIGINT, -- pages of documentation, academy and news read in 28 days; NULL while another account has gone on in it for less than 28 days
  active_days_28d         BIGINT, -- days of 28 on which a user did anything; what integrations do is no habit of people, see `integration_days_28d`; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  active_days_7d          BIGINT, -- days of the last seven on which a user did anything; NULL while another account has gone on in it for less than 7 days; NULL until the log is complete for 7 days
  integration_days_28d    BIGINT, -- days of 28 with an event without a user, such as a call by an integration; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  active_days_per_week_28d DOUBLE, -- mean days per week on which a user did anything, of the last four weeks; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  active_users_1d         BIGINT NOT NULL, -- users seen on the day
  active_users_7d         BIGINT, -- users seen in seven days; NULL while another account has gone on in it for less than 7 days
  active_users_28d        BIGINT, -- users seen in 28 days; NULL while another account has gone on in it for less than 28 days
  active_users_prev_28d   BIGINT, -- users seen in the 28 days before the last 28; NULL while another account has gone on in it for less than 56 days
  active_users_growth_28d DOUBLE, -- share by which users seen in 28 days grew on the 28 days before; NULL without users then, and for who is a customer, unmerged, or in a complete log, for less than 56 days
  top_user_share_28d      DOUBLE, -- share of the usage by users in 28 days that the user with most of it holds; NULL without any; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  top_3_users_share_28d   DOUBLE, -- share of the usage by users in 28 days that the three users with most of it hold; NULL without any; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  usage_hhi_28d           DOUBLE, -- Herfindahl-Hirschman index of usage among users in 28 days: 1 when one user has it all, 1/n when n users share it alike; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  usage_gini_28d          DOUBLE, -- Gini coefficient of usage among active users in 28 days: 0 when alike; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  features_28d            BIGINT, -- distinct features used in 28 days; NULL while another account has gone on in it for less than 28 days
  feature_uses_per_user_28d DOUBLE, -- uses of features per user seen in 28 days; NULL without users; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  csm_pulse               DOUBLE, -- how its owner thinks the account is doing, 1 to 5; NULL without a judgement that holds
  csm_pulse_age_days      BIGINT, -- days since the judgement behind `csm_pulse` was made; NULL without one that holds
  csm_pulse_author        VARCHAR, -- who made the judgement behind `csm_pulse`; NULL without one that holds
  csm_pulse_reason        VARCHAR, -- the reason that was given for the judgement behind `csm_pulse`; NULL without one
  tickets_opened_28d      BIGINT, -- tickets opened in 28 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 28 days
  tickets_opened_90d      BIGINT, -- tickets opened in 90 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 90 days
  tickets_per_user_28d    DOUBLE, -- tickets opened in 28 days per user seen in 28 days; NULL without users, or where tickets are not reported; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  bugs_90d                BIGINT, -- tickets about faults of the product opened in 90 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 90 days
  incidents_90d           BIGINT, -- tickets about outages opened in 90 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 90 days
  questions_90d           BIGINT, -- tickets about how to do something opened in 90 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 90 days
  feature_requests_90d    BIGINT, -- tickets about what is missing opened in 90 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 90 days
  billing_tickets_90d     BIGINT, -- tickets about invoices opened in 90 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 90 days
  severe_tickets_90d      BIGINT, -- tickets of severity 1 or 2 opened in 90 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 90 days
  severe_tickets_28d      BIGINT, -- tickets of severity 1 or 2 opened in 28 days; NULL where tickets are not reported; NULL while another account has gone on in it for less than 28 days
  tickets_closed_28d      BIGINT, -- times in 28 days that a ticket ceased to be open; NULL where tickets or their changes are not reported; NULL while another account has gone on in it for less than 28 days
  tickets_reopened_90d    BIGINT, -- times in 90 days that a ticket was reopened; NULL where tickets or their changes are not reported; NULL while another account has gone on in it for less than 90 days
  tickets_open            BIGINT, -- tickets open; NULL where tickets or their changes are not reported
  severe_tickets_open     BIGINT, -- open tickets of severity 1 or 2; NULL where tickets or their changes are not reported
  bugs_open               BIGINT, -- open tickets about faults of the product; NULL where tickets or their changes are not reported
  open_ticket_days_mean   DOUBLE, -- mean days since the open tickets were opened: so far, since they are not over; NULL without any, or where tickets or their changes are not reported
  escalations_90d         BIGINT, -- times in 90 days that a ticket was escalated; NULL where tickets or their changes are not reported; NULL while another account has gone on in it for less than 90 days
  escalations_28d         BIGINT, -- times in 28 days that a ticket was escalated; NULL where tickets or their changes are not reported; NULL while another account has gone on in it for less than 28 days
  escalations_open        BIGINT, -- open tickets that are escalated; NULL where tickets or their changes are not reported
  resolve_hours_median_90d DOUBLE, -- median hours until a ticket is first resolved, over tickets that were in 90 days and those that became four weeks old in them while open, which count as four weeks; NULL without any, or where tickets or their changes are not reported; NULL while another account has gone on in it for less than 90 days
  resolve_median_is_censored BOOLEAN, -- the median ticket of `resolve_hours_median_90d` was not resolved in four weeks: 672 hours is a least; NULL where that is; NULL while another account has gone on in it for less than 90 days
  support_burden          DOUBLE, -- open tickets by 30 days as a customer, of which 30 to 90 count; NULL where tickets or their changes are not reported
  nps_latest              DOUBLE, -- last answer to whether they would recommend us, as a number of 0 to 10; NULL without one in a year, since an older one says nothing of today, or where surveys are not reported
  nps_previous            DOUBLE, -- the account's answer to whether they would recommend us on an earlier day than `nps_latest`, 0 to 10; NULL without one
  nps_age_days            BIGINT, -- days since the last answer to whether they would recommend us; NULL without one in a year
  nps_mean_365d           DOUBLE, -- mean over those who answered in a year, each by their last answer, 0 to 10; NULL without any; NULL while another account has gone on in it for less than 365 days
  nps_365d                DOUBLE, -- promoters (9 and 10 of 10, 5 of 5) less detractors (up to 6 of 10, 3 of 5) of a hundred people who answered in a year, each by their last answer, so that who answers often weighs no more; by the number given, since a 9 means the same on a scale from 1 as on one from 0; NULL without any; NULL while another account has gone on in it for less than 365 days
  nps_answers_365d        BIGINT, -- people who answered in a year whether they would recommend us; NULL where surveys are not reported; NULL while another account has gone on in it for less than 365 days
  nps_response_rate_365d  DOUBLE, -- share of the questions sent in a year, whether they would recommend us, that were answered; NULL where none was sent; NULL while another account has gone on in it for less than 365 days
  csat_mean_90d           DOUBLE, -- mean satisfaction of those who answered in 90 days, each by their last answer, from 0, the worst, to 1; NULL without answers; NULL while another account has gone on in it for less than 90 days
  csat_satisfied_share_90d DOUBLE, -- share of the people who answered in 90 days, each by their last answer, who are satisfied; NULL without answers; NULL while another account has gone on in it for less than 90 days
  csat_answers_90d        BIGINT, -- people who answered in 90 days how satisfied they are; NULL where surveys are not reported; NULL while another account has gone on in it for less than 90 days
  survey_response_rate_90d DOUBLE, -- share of all questions sent in 90 days that were answered; NULL where none was sent; NULL while another account has gone on in it for less than 90 days
  sponsors                BIGINT, -- executive sponsors there; NULL where contacts are not reported
  champions               BIGINT, -- champions there; NULL where contacts are not reported
  has_sponsor             BOOLEAN, -- there is an executive sponsor; NULL where contacts are not reported
  sponsors_left_90d       BIGINT, -- executive sponsors who left in 90 days; NULL where contacts are not reported
  champions_left_90d      BIGINT, -- champions who left in 90 days; NULL where contacts are not reported
  sponsors_left_28d       BIGINT, -- executive sponsors who left in 28 days; NULL where contacts are not reported
  champions_left_28d      BIGINT, -- champions who left in 28 days; NULL where contacts are not reported
  sponsor_departed        BOOLEAN, -- an executive sponsor left in 90 days, and there is none; NULL where contacts are not reported
  days_since_champion_seen BIGINT, -- days since a champion used the product; NULL before the first time
  meetings_90d            BIGINT, -- meetings held in 90 days; NULL where interactions are not reported; NULL while another account has gone on in it for less than 90 days
  reviews_180d            BIGINT, -- business reviews held in 180 days; NULL where interactions are not reported; NULL while another account has gone on in it for less than 180 days
  no_shows_90d            BIGINT, -- meetings in 90 days to which the customer did not come; NULL where interactions are not reported; NULL while another account has gone on in it for less than 90 days
  no_show_share_90d       DOUBLE, -- share of the meetings of 90 days, held or missed, to which the customer did not come; NULL without any, or where interactions are not reported; NULL while another account has gone on in it for less than 90 days
  days_since_meeting      BIGINT, -- days since the last meeting held; NULL before the first, or where interactions are not reported
  days_since_sponsor_contact BIGINT, -- days since the last meeting held with an executive sponsor, or with another of their executives present; NULL before the first, or where interactions or contacts are not reported
  owner_id                VARCHAR, -- owner of the account, our CSM; NULL without one, or where owners are not reported
  owner_tenure_days       BIGINT, -- days that the account has been with its owner, this one included; NULL without an owner, or where owners are not reported
  advocacy_acts_180d      BIGINT, -- acts of advocacy of any kind in 180 days; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 180 days
  referrals_180d          BIGINT, -- others that the customer brought to us in 180 days; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 180 days
  references_180d         BIGINT, -- calls with others on our behalf in 180 days; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 180 days
  testimonials_180d       BIGINT, -- testimonials, reviews, case studies and marketing with us in 180 days; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 180 days
  events_attended_180d    BIGINT, -- events of ours that the customer came to in 180 days; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 180 days
  betas_180d              BIGINT, -- trials of what is new in 180 days; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 180 days
  references_lapsed       BOOLEAN, -- gave references in the 180 days before the last 180, and none in the last; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 360 days
  events_lapsed           BOOLEAN, -- came to events in the 180 days before the last 180, and to none in the last; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 360 days
  advocacy_lapsed         BOOLEAN, -- did anything for us in the 180 days before the last 180, and nothing in the last; NULL where advocacy is not reported; NULL while another account has gone on in it for less than 360 days
  advocacy_asks_open      BIGINT, -- acts of advocacy asked for in 180 days, and not done; NULL where advocacy is not reported
  stage                   VARCHAR NOT NULL, -- how far the account has come into use: onboarding, implementation or live
  stage_by                VARCHAR NOT NULL, -- what says the stage: a plan that speaks, or the account's age where none does
  onboarding_days         BIGINT, -- days from the beginning of the plan until it was live, so far where it is not; NULL without a plan that speaks, since one that nobody ended says nothing any more after `plan_lapses_days`, or where plans are not reported
  onboarding_is_over      BOOLEAN, -- a plan is live, and `onboarding_days` final; NULL without a plan that speaks, or where plans are not reported
  live_since              DATE, -- the day the first plan went live; NULL before that, or where plans are not reported
  milestones_required     BIGINT, -- required steps of onboarding, in the plans that speak; NULL where plans or their steps are not reported
  milestones_done         BIGINT, -- required steps of onboarding that are done, in the plans that speak; NULL where plans or their steps are not reported
  milestones_stalled      BIGINT, -- required steps of onboarding past their day and not done, in plans that are under way, which one that nobody ended is for `plan_lapses_days`; NULL where plans or their steps are not reported
  milestones_stalled_28d  BIGINT, -- stalled steps of onboarding whose day was in the last 28; NULL where plans or their steps are not reported
  onboarding_depth        DOUBLE, -- share of the required steps of onboarding that is done, in the plans that speak; NULL where none is required, or where plans or their steps are not reported
  early_onboarding_depth  DOUBLE, -- share of the required steps of onboarding that was done at the end of the account's first days; NULL where these lie before the data
  users_invited           BIGINT NOT NULL, -- people who may use the product, ours left out
  users_activated         BIGINT NOT NULL, -- people who may use the product and signed in at least once, ours left out
  onboarding_breadth      DOUBLE, -- users activated per seat, else per user invited; NULL with neither
  early_onboarding_breadth DOUBLE, -- users activated per seat, else per user invited, at the end of the account's first days; NULL where these lie before the data
  messages_28d            BIGINT, -- messages from the customer in 28 days; NULL where messages are not reported; NULL while another account has gone on in it for less than 28 days
  sentiment_messages_28d  BIGINT, -- messages from the customer in 28 days with a sentiment; NULL where messages are not reported; NULL while another account has gone on in it for less than 28 days
  sentiment_mean_28d      DOUBLE, -- mean sentiment of the messages of 28 days, from -1, the worst, to 1; NULL without any, or where messages are not reported; NULL while another account has gone on in it for less than 28 days
  sentiment_messages_prev_28d BIGINT, -- messages with a sentiment in the 28 days before the last 28; NULL where messages are not reported; NULL while another account has gone on in it for less than 56 days
  sentiment_mean_prev_28d DOUBLE, -- mean sentiment of the messages of the 28 days before the last 28, from -1, the worst, to 1; NULL without any, or where messages are not reported; NULL while another account has gone on in it for less than 56 days
  sentiment_messages_90d  BIGINT, -- messages with a sentiment in 90 days; NULL where messages are not reported; NULL while another account has gone on in it for less than 90 days
  sentiment_mean_90d      DOUBLE, -- mean sentiment of the messages of 90 days, from -1, the worst, to 1; NULL without any, or where messages are not reported; NULL while another account has gone on in it for less than 90 days
  negative_share_90d      DOUBLE, -- share of the messages of 90 days with a sentiment whose sentiment is below 0; NULL without any, or where messages are not reported; NULL while another account has gone on in it for less than 90 days
  feedback_90d            BIGINT, -- items of feedback in 90 days; NULL where feedback is not reported; NULL while another account has gone on in it for less than 90 days
  feedback_ideas_90d      BIGINT, -- items of feedback in 90 days that are ideas; NULL where feedback is not reported; NULL while another account has gone on in it for less than 90 days
  feedback_bugs_90d       BIGINT, -- items of feedback in 90 days that are faults; NULL where feedback is not reported; NULL while another account has gone on in it for less than 90 days
  feedback_praise_90d     BIGINT, -- items of feedback in 90 days that are praise; NULL where feedback is not reported; NULL while another account has gone on in it for less than 90 days
  feedback_complaints_90d BIGINT, -- items of feedback in 90 days that are complaints; NULL where feedback is not reported; NULL while another account has gone on in it for less than 90 days
  feedback_balance_90d    DOUBLE, -- praise less complaints, by their sum, in 90 days; NULL without either, or where feedback is not reported; NULL while another account has gone on in it for less than 90 days
  gives_feedback          BOOLEAN, -- gave feedback in 90 days: who does expects to stay; NULL where feedback is not reported; NULL while another account has gone on in it for less than 90 days
  features_entitled       BIGINT, -- features that the account may use; NULL where entitlements are not reported
  entitled_features_28d   BIGINT, -- features that the account may use and did use in 28 days; NULL where entitlements are not reported; NULL while another account has gone on in it for less than 28 days
  feature_adoption_28d    DOUBLE, -- share of the features that the account may use that it did use in 28 days; NULL where nothing is entitled; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  key_features_adopted    BIGINT, -- key features used at least `adopted_after` times in 28 days; NULL where features are not reported; NULL while another account has gone on in it for less than 28 days
  key_feature_weight      BIGINT, -- weights of the key features used at least `adopted_after` times in 28 days, by `metrics.key_features`; NULL while another account has gone on in it for less than 28 days
  key_adoption            DOUBLE, -- share of the weights of all key features of the day that is adopted; NULL where features are not reported, or none has any; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  features_ever           BIGINT NOT NULL, -- features used at least once in the log, which may begin later than the account
  features_new_28d        BIGINT, -- features used for the first time in the last 28 days; NULL where these and the 28 before do not lie in the complete log, unless all days as a customer do: what was used before the log is not new in it; NULL while another account has gone on in it for less than 28 days
  adoption_velocity       DOUBLE, -- features used for the first time in the last 90 days by 30 days as a customer, of which 30 to 90 count, so that it does not fall with age alone; NULL where these 90 and the 28 before do not lie in the complete log, unless all days as a customer do: what was used before the log is not new in it; NULL while another account has gone on in it for less than 90 days
  storage_gb              DOUBLE, -- gigabytes stored: the last figure of seven days; NULL without one, or where figures are not reported
  storage_gb_28d_ago      DOUBLE, -- gigabytes stored 28 days before: the last figure of the seven days up to then; NULL without one
  storage_growth_28d      DOUBLE, -- share by which gigabytes stored grew in 28 days; NULL without a figure above 0 then, or where another account went on in it since
  campaigns_28d           DOUBLE, -- campaigns sent in 28 days; NULL before the first figure of any account: what nobody ever reported is unknown, and of who has no row after that it is 0; NULL while another account has gone on in it for less than 28 days
  goals                   BIGINT, -- goals agreed; NULL where goals are not reported
  goals_attained          BIGINT, -- agreed goals that are reached; NULL where goals are not reported
  goals_due               BIGINT, -- agreed goals whose day has come; NULL where goals are not reported
  goals_overdue           BIGINT, -- agreed goals whose day has come and that are not reached; NULL where goals are not reported
  goals_attained_share    DOUBLE, -- share of the goals whose day has come that are reached; NULL where none is due, or where goals are not reported
  contract_lines          BIGINT NOT NULL, -- contract lines in force; 0 in the days after the last
  contracts               BIGINT NOT NULL, -- contracts that the lines in force belong to
  products                BIGINT NOT NULL, -- products that the lines in force are for
  currencies              BIGINT NOT NULL, -- currencies that the lines in force are in
  arr                     DECIMAL(18,2) NOT NULL, -- worth a year, all lines in force, in the project's currency
  mrr                     DECIMAL(18,2) NOT NULL, -- worth a month, all lines in force: a twelfth of `arr`, rounded to the cent
  seats                   BIGINT NOT NULL, -- seats of all lines in force
  cancelled_arr           DECIMAL(18,2) NOT NULL, -- part of `arr` in lines that are cancelled and end on their end date
  auto_renew_arr          DECIMAL(18,2) NOT NULL, -- part of `arr` that renews unless somebody acts
  overdue_renewal_arr     DECIMAL(18,2) NOT NULL, -- part of `arr` in lines whose end has passed and whose renewal nobody wrote down yet
  next_renewal_date       DATE, -- when the next of the lines that are not cancelled renews; NULL without one to come
  next_renewal_arr        DECIMAL(18,2) NOT NULL, -- part of `arr` that renews on `next_renewal_date`
  days_to_renewal         BIGINT, -- days until `next_renewal_date`; NULL without one
  arr_growth_90d          DOUBLE, -- share by which ARR grew in 90 days; NULL without any then, or where another account went on in it since
  arr_growth_365d         DOUBLE, -- share by which ARR grew in 365 days; NULL without any then, or where another account went on in it since
  seats_growth_90d        DOUBLE, -- share by which seats grew in 90 days; NULL without any then, or where another account went on in it since
  seats_growth_365d       DOUBLE, -- share by which seats grew in 365 days; NULL without any then, or where another account went on in it since
  cancelled_share         DOUBLE, -- share of ARR in force that is cancelled to its end; NULL without ARR
  auto_renew_share        DOUBLE, -- share of ARR that renews unless somebody acts; NULL without ARR
  renewals_365d           BIGINT, -- renewals in 365 days; NULL where changes of contracts are not reported; NULL while another account has gone on in it for less than 365 days
  upsells_365d            BIGINT, -- changes of contracts in 365 days to more of what was bought; NULL where changes of contracts are not reported; NULL while another account has gone on in it for less than 365 days
  cross_sells_365d        BIGINT, -- changes of contracts in 365 days to something else as well; NULL where changes of contracts are not reported; NULL while another account has gone on in it for less than 365 days
  downsells_365d          BIGINT, -- changes of contracts in 365 days to less of what was bought; NULL where changes of contracts are not reported; NULL while another account has gone on in it for less than 365 days
  expansion_arr_365d      DECIMAL(18,2), -- ARR won in 365 days by changes that raised it, new business and returns aside; NULL where changes of contracts are not reported; NULL while another account has gone on in it for less than 365 days
  contraction_arr_365d    DECIMAL(18,2), -- ARR lost in 365 days by changes that lowered it, churn included; NULL where changes of contracts are not reported; NULL while another account has gone on in it for less than 365 days
  has_expanded            BOOLEAN, -- there is a first expansion since the end of onboarding; NULL until that end is known, or where plans or changes of contracts are not reported
  days_to_first_expansion BIGINT, -- days from the end of onboarding to the first expansion, or so far; NULL until that end is known, or where plans or changes of contracts are not reported
  open_expansion_opportunities BIGINT, -- up- and cross-sells under discussion; NULL where opportunities are not reported
  open_expansion_arr      DECIMAL(18,2), -- what the up- and cross-sells under discussion are worth a year; NULL where opportunities are not reported
  weighted_expansion_arr  DECIMAL(18,2), -- what the up- and cross-sells under discussion are worth a year, each times how likely its seller sees it; NULL where opportunities are not reported
  renewal_probability     DOUBLE, -- how likely sellers see the renewals under discussion, by worth; NULL without one that says, or where opportunities are not reported
  seat_utilisation_28d    DOUBLE, -- users seen in 28 days per seat, above 1 where more use it than pay; NULL without seats; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  seats_unused_28d        BIGINT, -- seats without a user seen in 28 days; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  is_over_seats           BOOLEAN, -- more users than seats, where it is sold by seat: somebody should talk about more; NULL while another account has gone on in it for less than 28 days
  arr_per_active_user     DECIMAL(18,2), -- ARR by users seen in 28 days; NULL without users; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  overdue_invoices        BIGINT, -- open invoices past their due day, those that the customer objects to left out; NULL where invoices are not reported
  overdue_amount          DECIMAL(18,2), -- what is owed on open invoices past their due day, those that the customer objects to left out, which stand in `disputed_amount`; NULL where invoices are not reported
  overdue_30d_amount      DECIMAL(18,2), -- what is owed on open invoices more than 30 days past their due day, those that the customer objects to left out; NULL where invoices are not reported
  overdue_share_of_arr    DOUBLE, -- `overdue_amount` by ARR; 1 where nothing is under contract any more and something is overdue; NULL where invoices are not reported
  mean_days_overdue       DOUBLE, -- mean days since the invoices of `overdue_invoices` were due; NULL without any, or where invoices are not reported
  disputed_amount         DECIMAL(18,2), -- what is owed on open invoices that the customer objects to, past their due day or not; NULL where invoices are not reported
  invoices_due_365d       BIGINT, -- invoices that came due in 365 days, open ones that the customer objects to left out; NULL where invoices are not reported; NULL while another account has gone on in it for less than 365 days
  on_time_share_365d      DOUBLE, -- share of the invoices of `invoices_due_365d` that were paid by their due day; NULL without any, or where invoices are not reported; NULL while another account has gone on in it for less than 365 days
  mean_days_late_365d     DOUBLE, -- mean days from due to paid of the invoices of `invoices_due_365d`, 0 on time; one that is not paid is late by the days so far, so that who never pays is not NULL; NULL without any, or where invoices are not reported; NULL while another account has gone on in it for less than 365 days
  paid_amount_90d         DECIMAL(18,2), -- what came in 90 days less what went back; NULL where payments are not reported; NULL while another account has gone on in it for less than 90 days
  paid_amount_365d        DECIMAL(18,2), -- what came in 365 days less what went back; NULL where payments are not reported; NULL while another account has gone on in it for less than 365 days
  failed_payments_90d     BIGINT, -- attempts to pay that failed in 90 days; NULL where payments are not reported; NULL while another account has gone on in it for less than 90 days
  chargebacks_365d        BIGINT, -- payments that were taken back by the bank in 365 days; NULL where payments are not reported; NULL while another account has gone on in it for less than 365 days
  last_payment_failed     BOOLEAN, -- the last day with an attempt has one that failed and none that was paid; NULL without any attempt
  stickiness_28d          DOUBLE, -- mean daily users by monthly users (DAU/MAU), both of 28 days: the mean is of all days, since one day alone falls with each weekend; NULL without users, or before 28 days as a customer, unmerged, in a complete log
  active_weeks_28d        BIGINT, -- weeks of the last four in which a user did anything; calls by integrations are no habit; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  is_weekly_habit         BOOLEAN, -- a user did something in each of the last four weeks; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  days_since_active       BIGINT, -- days since the last event of any kind, by users or integrations; NULL before the first
  days_since_user_seen    BIGINT, -- days since the last event of a user; NULL before the first
  days_without_users      BIGINT NOT NULL, -- days as a customer without an event of a user, counted from the last one, or from the first day before the first; 0 on a day with one; under its own name, and so known whoever went on in it
  last_active_users_28d   BIGINT, -- users seen in the 28 days up to the last day with a user; NULL before the first; NULL where another account went on in it within those 28 days
  last_top_user_share_28d DOUBLE, -- share of the usage by users that the user with most of it held, in the 28 days up to the last day with a user; NULL without usage by users in 28 days; NULL where another account went on in it within those 28 days; NULL where the log was not complete for 28 days then
  last_api_error_rate_28d DOUBLE, -- share of the calls of the API that failed, in the 28 days up to the last call; NULL before the first; NULL where another account went on in it within those 28 days; NULL where the log was not complete for 28 days then
  key_feature_weeks_28d   BIGINT, -- weeks of the last four in which a user used a key feature; NULL where features are not reported; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  is_key_feature_habit    BOOLEAN, -- a user used a key feature in each of the last four weeks; NULL where features are not reported; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  errors_28d              BIGINT, -- events that failed in 28 days; NULL while another account has gone on in it for less than 28 days
  errors_per_user_28d     DOUBLE, -- events that failed per user seen in 28 days; NULL without users; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  uses_per_feature_and_user_28d DOUBLE, -- uses of features in 28 days by distinct features and users seen; NULL without either; NULL while another account has gone on in it for less than 28 days; NULL until the log is complete for 28 days
  PRIMARY KEY (account_id, as_of_date)
) PARTITIONED BY (as_of_date) AS
SELECT
  spine.account_id,
  spine.as_of_date,
  spine.account_name,
  spine.segment,
  spine.tenure_days,
  spine.joined_days,
  spine.region,
  spine.industry,
  spine.business_model,
  spine.parent_account_id,
  spine.is_in_force,
  spine.approximate,
  usage.* EXCLUDE (account_id, as_of_date),
  pulse.* EXCLUDE (account_id, as_of_date),
  support.* EXCLUDE (account_id, as_of_date),
  surveys.* EXCLUDE (account_id, as_of_date),
  relationship.* EXCLUDE (account_id, as_of_date),
  advocacy.* EXCLUDE (account_id, as_of_date),
  onboarding.* EXCLUDE (account_id, as_of_date),
  sentiment.* EXCLUDE (account_id, as_of_date),
  adoption.* EXCLUDE (account_id, as_of_date),
  kpis.* EXCLUDE (account_id, as_of_date),
  goals.* EXCLUDE (account_id, as_of_date),
  contracts.* EXCLUDE (account_id, as_of_date, account_since, approximate),
  growth.* EXCLUDE (account_id, as_of_date),
  seats.* EXCLUDE (account_id, as_of_date),
  billing.* EXCLUDE (account_id, as_of_date),
  habits.* EXCLUDE (account_id, as_of_date)
FROM metrics.spine
JOIN metrics.usage AS usage ON usage.account_id = spine.account_id AND usage.as_of_date = spine.as_of_date
JOIN metrics.pulse AS pulse ON pulse.account_id = spine.account_id AND pulse.as_of_date = spine.as_of_date
JOIN metrics.support AS support ON support.account_id = spine.account_id AND support.as_of_date = spine.as_of_date
JOIN metrics.surveys AS surveys ON surveys.account_id = spine.account_id AND surveys.as_of_date = spine.as_of_date
JOIN metrics.relationship AS relationship ON relationship.account_id = spine.account_id AND relationship.as_of_date = spine.as_of_date
JOIN metrics.advocacy AS advocacy ON advocacy.account_id = spine.account_id AND advocacy.as_of_date = spine.as_of_date
JOIN metrics.onboarding AS onboarding ON onboarding.account_id = spine.account_id AND onboarding.as_of_date = spine.as_of_date
JOIN metrics.sentiment AS sentiment ON sentiment.account_id = spine.account_id AND sentiment.as_of_date = spine.as_of_date
JOIN metrics.adoption AS adoption ON adoption.account_id = spine.account_id AND adoption.as_of_date = spine.as_of_date
JOIN metrics.kpis AS kpis ON kpis.account_id = spine.account_id AND kpis.as_of_date = spine.as_of_date
JOIN metrics.goals AS goals ON goals.account_id = spine.account_id AND goals.as_of_date = spine.as_of_date
JOIN metrics.contracts AS contracts ON contracts.account_id = spine.account_id AND contracts.as_of_date = spine.as_of_date
JOIN metrics.growth AS growth ON growth.account_id = spine.account_id AND growth.as_of_date = spine.as_of_date
JOIN metrics.seats AS seats ON seats.account_id = spine.account_id AND seats.as_of_date = spine.as_of_date
JOIN metrics.billing AS billing ON billing.account_id = spine.account_id AND billing.as_of_date = spine.as_of_date
JOIN metrics.habits AS habits ON habits.account_id = spine.account_id AND habits.as_of_date = spine.as_of_date
