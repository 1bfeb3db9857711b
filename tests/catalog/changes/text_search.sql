-- + text-search-parser shop.fresh
CREATE TEXT SEARCH PARSER shop.fresh (
    START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype
);

-- - text-search-parser shop.words
DROP TEXT SEARCH PARSER shop.words;

-- - text-search-parser shop.words
-- + text-search-parser shop.tokens
ALTER TEXT SEARCH PARSER shop.words RENAME TO tokens;

-- text-search-parser shop.words: comment
COMMENT ON TEXT SEARCH PARSER shop.words IS NULL;

-- text-search-parser shop.words: functions
DROP TEXT SEARCH PARSER shop.words;
CREATE TEXT SEARCH PARSER shop.words (
    START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype
);
COMMENT ON TEXT SEARCH PARSER shop.words IS 'cuts';

-- + text-search-template shop.fresh
CREATE TEXT SEARCH TEMPLATE shop.fresh (LEXIZE = dsimple_lexize);

-- - text-search-template shop.simple_template
DROP TEXT SEARCH TEMPLATE shop.simple_template;

-- - text-search-template shop.simple_template
-- + text-search-template shop.plain_template
ALTER TEXT SEARCH TEMPLATE shop.simple_template RENAME TO plain_template;

-- text-search-template shop.simple_template: comment
COMMENT ON TEXT SEARCH TEMPLATE shop.simple_template IS NULL;

-- text-search-template shop.simple_template: functions
DROP TEXT SEARCH TEMPLATE shop.simple_template;
CREATE TEXT SEARCH TEMPLATE shop.simple_template (LEXIZE = dsimple_lexize);
COMMENT ON TEXT SEARCH TEMPLATE shop.simple_template IS 'shapes';

-- text-search-template shop.simple_template: functions
DROP TEXT SEARCH TEMPLATE shop.simple_template;
CREATE TEXT SEARCH TEMPLATE shop.simple_template (INIT = dsimple_init, LEXIZE = dsynonym_lexize);
COMMENT ON TEXT SEARCH TEMPLATE shop.simple_template IS 'shapes';

-- + text-search-dictionary shop.fresh
CREATE TEXT SEARCH DICTIONARY shop.fresh (TEMPLATE = pg_catalog.simple);

-- - text-search-dictionary shop.dictionary
DROP TEXT SEARCH DICTIONARY shop.dictionary;

-- - text-search-dictionary shop.dictionary
-- + text-search-dictionary shop.lexicon
ALTER TEXT SEARCH DICTIONARY shop.dictionary RENAME TO lexicon;

-- text-search-dictionary shop.dictionary: options
ALTER TEXT SEARCH DICTIONARY shop.dictionary (accept = true);

-- text-search-dictionary shop.dictionary: options
ALTER TEXT SEARCH DICTIONARY shop.dictionary (accept);

-- text-search-dictionary shop.dictionary: template
DROP TEXT SEARCH DICTIONARY shop.dictionary;
CREATE TEXT SEARCH DICTIONARY shop.dictionary (TEMPLATE = shop.simple_template, accept = false);
COMMENT ON TEXT SEARCH DICTIONARY shop.dictionary IS 'knows';

-- text-search-dictionary shop.dictionary: owner
ALTER TEXT SEARCH DICTIONARY shop.dictionary OWNER TO shop_owner;

-- text-search-dictionary shop.dictionary: comment
COMMENT ON TEXT SEARCH DICTIONARY shop.dictionary IS NULL;

-- + text-search-configuration shop.fresh
CREATE TEXT SEARCH CONFIGURATION shop.fresh (COPY = pg_catalog.english);

-- - text-search-configuration shop.configuration
DROP TEXT SEARCH CONFIGURATION shop.configuration;

-- - text-search-configuration shop.configuration
-- + text-search-configuration shop.setup
ALTER TEXT SEARCH CONFIGURATION shop.configuration RENAME TO setup;

-- text-search-configuration shop.configuration: mappings
ALTER TEXT SEARCH CONFIGURATION shop.configuration ADD MAPPING FOR email WITH pg_catalog.simple;

-- text-search-configuration shop.configuration: mappings
ALTER TEXT SEARCH CONFIGURATION shop.configuration DROP MAPPING FOR word;

-- text-search-configuration shop.configuration: mappings
ALTER TEXT SEARCH CONFIGURATION shop.configuration
    ALTER MAPPING FOR word WITH pg_catalog.simple, pg_catalog.english_stem;

-- text-search-configuration shop.configuration: mappings
ALTER TEXT SEARCH CONFIGURATION shop.configuration
    ALTER MAPPING REPLACE pg_catalog.simple WITH shop.dictionary;

-- text-search-configuration shop.configuration: parser
UPDATE pg_ts_config SET cfgparser = (SELECT oid FROM pg_ts_parser WHERE prsname = 'words')
    WHERE cfgname = 'configuration';

-- text-search-configuration shop.configuration: owner
ALTER TEXT SEARCH CONFIGURATION shop.configuration OWNER TO shop_owner;

-- text-search-configuration shop.configuration: comment
COMMENT ON TEXT SEARCH CONFIGURATION shop.configuration IS NULL;
