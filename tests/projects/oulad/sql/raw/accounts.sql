-- Enrolments, one row per student and run of a course.
CREATE EXTERNAL TABLE raw.accounts (
  account_id VARCHAR   NOT NULL PRIMARY KEY, -- course, run and student
  created_at TIMESTAMP NOT NULL              -- day of registration, months before the course begins
) STORED AS PARQUET
LOCATION 'accounts.parquet'
OPTIONS ('kind' 'current', 'key' 'account_id', 'begins_at' 'created_at')
