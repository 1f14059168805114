-- Invoices, one row per invoice and version, append-only: a payment or a dispute is another row under the same id. A
-- dispute, another due day, amount or part payment holds from when it is written down; another day of sending, paying or
-- taking back corrects the one before.
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
  recorded_at TIMESTAMP NOT NULL, -- when this version was written down, UTC
  CHECK (due_on >= issued_on)
) STORED AS PARQUET
LOCATION 'invoices.parquet'
OPTIONS ('kind' 'versions', 'key' 'invoice_id', 'known_at' 'recorded_at', 'begins_at' 'issued_on',
         'fixed' 'account_id, contract_id, issued_on, paid_on, voided_on', 'optional' 'true')
