-- Since 17: this transaction lasts as long as the dump does.
SET transaction_timeout = 0
