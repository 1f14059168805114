-- Invoices, one row per invoice and version, append-only: a payment or a dispute is another row under the same id.
CREATE EXTERNAL TABLE raw.invoices (
  invoice_id  VARCHAR NOT NULL, -- the invoice
  account_id  VARCHAR NOT NULL, -- who owes
  contract_id VARCHAR, -- for which contract
  issued_on   DATE NOT NULL, -- the day it was sent
  due_on      DATE NOT NULL, -- the day by whose end it is to be paid
  amount      DECIMAL(18,2) NOT NULL CHECK (amount >= 0), -- how much, in the project's currency; a credit note is no row: it is a later version of its invoice, of a lower amount
  amount_paid DECIMAL(18,2) NOT NULL CHECK (amount_paid >= 0), -- how much has come
  paid_on     DATE, -- the day on which it was paid in full; NULL until then
  voided_on   DATE, -- the day it was taken back; NULL unless it was
  is_disputed BOOLEAN NOT NULL, -- the customer objects
  recorded_at TIMESTAMP NOT NULL, -- when this version was written down, UTC; it counts from then on
  CHECK (due_on >= issued_on)
) STORED AS PARQUET
LOCATION 'invoices.parquet'
OPTIONS ('kind' 'versions', 'key' 'invoice_id', 'known_at' 'recorded_at', 'optional' 'true')
