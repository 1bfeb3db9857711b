-- What a server built with ICU has.
CREATE COLLATION shop.blind (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
