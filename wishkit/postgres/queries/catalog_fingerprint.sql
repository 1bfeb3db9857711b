-- How many rows each catalog has, and the transactions that wrote them, summed up: any change of any
-- object changes it. `age` is the quickest way from a transaction's number to an integer, counted back
-- from the latest one; those of transaction 1 are initdb's and have none. Ownership of sequences, what
-- belongs to extensions and schemas in publications (a catalog since 15) are told by pg_depend.
SELECT md5(string_agg(t.told, ',' ORDER BY t.told)) AS fingerprint
FROM (
    SELECT f.catalog || ' ' || f.rows || ' ' || (f.rows * latest.xid - coalesce(f.ages, 0) & 4294967295) AS told
    FROM (SELECT 3 + age('3'::xid)::bigint) AS latest (xid)
    CROSS JOIN (
        SELECT 'aggregate', count(*), sum(age(xmin)) FROM pg_aggregate WHERE xmin <> '1'
        UNION ALL
        SELECT 'am', count(*), sum(age(xmin)) FROM pg_am WHERE xmin <> '1'
        UNION ALL
        SELECT 'amop', count(*), sum(age(xmin)) FROM pg_amop WHERE xmin <> '1'
        UNION ALL
        SELECT 'amproc', count(*), sum(age(xmin)) FROM pg_amproc WHERE xmin <> '1'
        UNION ALL
        SELECT 'attrdef', count(*), sum(age(xmin)) FROM pg_attrdef WHERE xmin <> '1'
        UNION ALL
        SELECT 'attribute', count(*), sum(age(xmin)) FROM pg_attribute WHERE xmin <> '1'
        UNION ALL
        SELECT 'cast', count(*), sum(age(xmin)) FROM pg_cast WHERE xmin <> '1'
        UNION ALL
        SELECT 'class', count(*), sum(age(xmin)) FROM pg_class WHERE xmin <> '1'
        UNION ALL
        SELECT 'collation', count(*), sum(age(xmin)) FROM pg_collation WHERE xmin <> '1'
        UNION ALL
        SELECT 'constraint', count(*), sum(age(xmin)) FROM pg_constraint WHERE xmin <> '1'
        UNION ALL
        SELECT 'conversion', count(*), sum(age(xmin)) FROM pg_conversion WHERE xmin <> '1'
        UNION ALL
        SELECT 'database', count(*), sum(age(xmin)) FROM pg_database WHERE xmin <> '1'
        UNION ALL
        SELECT 'db_role_setting', count(*), sum(age(xmin)) FROM pg_db_role_setting WHERE xmin <> '1'
        UNION ALL
        SELECT 'default_acl', count(*), sum(age(xmin)) FROM pg_default_acl WHERE xmin <> '1'
        UNION ALL
        SELECT 'description', count(*), sum(age(xmin)) FROM pg_description WHERE xmin <> '1'
        UNION ALL
        SELECT 'enum', count(*), sum(age(xmin)) FROM pg_enum WHERE xmin <> '1'
        UNION ALL
        SELECT 'event_trigger', count(*), sum(age(xmin)) FROM pg_event_trigger WHERE xmin <> '1'
        UNION ALL
        SELECT 'extension', count(*), sum(age(xmin)) FROM pg_extension WHERE xmin <> '1'
        UNION ALL
        SELECT 'foreign_data_wrapper', count(*), sum(age(xmin)) FROM pg_foreign_data_wrapper WHERE xmin <> '1'
        UNION ALL
        SELECT 'foreign_server', count(*), sum(age(xmin)) FROM pg_foreign_server WHERE xmin <> '1'
        UNION ALL
        SELECT 'foreign_table', count(*), sum(age(xmin)) FROM pg_foreign_table WHERE xmin <> '1'
        UNION ALL
        SELECT 'index', count(*), sum(age(xmin)) FROM pg_index WHERE xmin <> '1'
        UNION ALL
        SELECT 'inherits', count(*), sum(age(xmin)) FROM pg_inherits WHERE xmin <> '1'
        UNION ALL
        SELECT 'language', count(*), sum(age(xmin)) FROM pg_language WHERE xmin <> '1'
        UNION ALL
        SELECT 'namespace', count(*), sum(age(xmin)) FROM pg_namespace WHERE xmin <> '1'
        UNION ALL
        SELECT 'opclass', count(*), sum(age(xmin)) FROM pg_opclass WHERE xmin <> '1'
        UNION ALL
        SELECT 'operator', count(*), sum(age(xmin)) FROM pg_operator WHERE xmin <> '1'
        UNION ALL
        SELECT 'opfamily', count(*), sum(age(xmin)) FROM pg_opfamily WHERE xmin <> '1'
        UNION ALL
        SELECT 'partitioned_table', count(*), sum(age(xmin)) FROM pg_partitioned_table WHERE xmin <> '1'
        UNION ALL
        SELECT 'policy', count(*), sum(age(xmin)) FROM pg_policy WHERE xmin <> '1'
        UNION ALL
        SELECT 'proc', count(*), sum(age(xmin)) FROM pg_proc WHERE xmin <> '1'
        UNION ALL
        SELECT 'publication', count(*), sum(age(xmin)) FROM pg_publication WHERE xmin <> '1'
        UNION ALL
        SELECT 'publication_rel', count(*), sum(age(xmin)) FROM pg_publication_rel WHERE xmin <> '1'
        UNION ALL
        SELECT 'range', count(*), sum(age(xmin)) FROM pg_range WHERE xmin <> '1'
        UNION ALL
        SELECT 'rewrite', count(*), sum(age(xmin)) FROM pg_rewrite WHERE xmin <> '1'
        UNION ALL
        SELECT 'seclabel', count(*), sum(age(xmin)) FROM pg_seclabel WHERE xmin <> '1'
        UNION ALL
        SELECT 'sequence', count(*), sum(age(xmin)) FROM pg_sequence WHERE xmin <> '1'
        UNION ALL
        SELECT 'shdescription', count(*), sum(age(xmin)) FROM pg_shdescription WHERE xmin <> '1'
        UNION ALL
        SELECT 'shseclabel', count(*), sum(age(xmin)) FROM pg_shseclabel WHERE xmin <> '1'
        UNION ALL
        SELECT 'statistic_ext', count(*), sum(age(xmin)) FROM pg_statistic_ext WHERE xmin <> '1'
        UNION ALL
        SELECT 'transform', count(*), sum(age(xmin)) FROM pg_transform WHERE xmin <> '1'
        UNION ALL
        SELECT 'trigger', count(*), sum(age(xmin)) FROM pg_trigger WHERE xmin <> '1'
        UNION ALL
        SELECT 'ts_config', count(*), sum(age(xmin)) FROM pg_ts_config WHERE xmin <> '1'
        UNION ALL
        SELECT 'ts_config_map', count(*), sum(age(xmin)) FROM pg_ts_config_map WHERE xmin <> '1'
        UNION ALL
        SELECT 'ts_dict', count(*), sum(age(xmin)) FROM pg_ts_dict WHERE xmin <> '1'
        UNION ALL
        SELECT 'ts_parser', count(*), sum(age(xmin)) FROM pg_ts_parser WHERE xmin <> '1'
        UNION ALL
        SELECT 'ts_template', count(*), sum(age(xmin)) FROM pg_ts_template WHERE xmin <> '1'
        UNION ALL
        SELECT 'type', count(*), sum(age(xmin)) FROM pg_type WHERE xmin <> '1'
        UNION ALL
        SELECT 'member', count(*), sum(age(xmin)) FROM pg_depend
        WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND xmin <> '1'
        UNION ALL
        SELECT 'owned', count(*), sum(age(d.xmin))
        FROM pg_sequence AS s
        JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.objsubid = 0
        WHERE d.deptype IN ('a', 'i')
        UNION ALL
        SELECT 'publication_namespace', count(*), sum(age(xmin)) FROM pg_depend
        WHERE classid = to_regclass('pg_catalog.pg_publication_namespace')
    ) AS f (catalog, rows, ages)
    UNION ALL
    -- Of this one everybody may read all columns but one, and no transaction numbers. Those that an
    -- older server does not have are those of `absent`.
    SELECT 'subscription ' || count(*) || ' ' || coalesce(sum(hashtext(s.told)), 0)
    FROM (VALUES (NULL, NULL, NULL, NULL, NULL, NULL))
        AS absent (subtwophasestate, subdisableonerr, suborigin, subrunasowner, subpasswordrequired, subfailover)
    CROSS JOIN LATERAL (
        SELECT (subname, subowner, subenabled, subbinary, substream, subslotname, subsynccommit, subpublications,
                subtwophasestate, subdisableonerr, suborigin, subrunasowner, subpasswordrequired,
                subfailover)::text AS told
        FROM pg_subscription) AS s
    UNION ALL
    -- Whose transaction numbers only superusers may read.
    SELECT 'user_mapping ' || count(*) || ' ' || coalesce(sum(hashtext((umid, umuser, umoptions)::text)), 0)
    FROM pg_user_mappings
) AS t
