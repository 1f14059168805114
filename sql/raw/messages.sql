-- What customers wrote, with the sentiment that a model read in it; texts stay where they are.
CREATE EXTERNAL TABLE raw.messages (
  message_id   VARCHAR NOT NULL, -- the same for each delivery of a message
  account_id   VARCHAR NOT NULL, -- whose
  user_id      VARCHAR, -- the person
  channel      VARCHAR NOT NULL, -- email, chat, ticket, call, feedback or community
  direction    VARCHAR NOT NULL CHECK (direction IN ('in', 'out')), -- in: from the customer
  sent_at      TIMESTAMP NOT NULL, -- when, UTC
  sentiment    DOUBLE CHECK (sentiment BETWEEN -1 AND 1), -- from -1, the worst, to 1; NULL where no model has read it
  available_at TIMESTAMP NOT NULL -- when the warehouse knew this row, its sentiment included, UTC
) STORED AS PARQUET
LOCATION 'messages.parquet'
OPTIONS ('kind' 'events', 'key' 'message_id', 'happened_at' 'sent_at', 'known_at' 'available_at',
         'optional' 'true')
