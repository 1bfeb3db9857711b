-- How many rows each catalog has, and a sum over the transactions that wrote them: any change of any
-- object changes it. Ownership of sequences, what belongs to
-- extensions and schemas in publications (a catalog since 15) are told by pg_depend.
SELECT md5(string_agg(f.told, ',' ORDER BY f.told)) AS fingerprint
FROM (
    SELECT 'aggregate ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_aggregate
    UNION ALL
    SELECT 'am ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_am
    UNION ALL
    SELECT 'amop ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_amop
    UNION ALL
    SELECT 'amproc ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_amproc
    UNION ALL
    SELECT 'attrdef ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_attrdef
    UNION ALL
    SELECT 'attribute ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_attribute
    UNION ALL
    SELECT 'cast ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_cast
    UNION ALL
    SELECT 'class ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_class
    UNION ALL
    SELECT 'collation ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_collation
    UNION ALL
    SELECT 'constraint ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_constraint
    UNION ALL
    SELECT 'conversion ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_conversion
    UNION ALL
    SELECT 'database ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_database
    UNION ALL
    SELECT 'db_role_setting ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_db_role_setting
    UNION ALL
    SELECT 'default_acl ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_default_acl
    UNION ALL
    SELECT 'depend ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_depend
    WHERE deptype = 'e' OR deptype = 'a' AND refobjsubid > 0
       OR classid = to_regclass('pg_catalog.pg_publication_namespace')
    UNION ALL
    SELECT 'description ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_description
    UNION ALL
    SELECT 'enum ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_enum
    UNION ALL
    SELECT 'event_trigger ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_event_trigger
    UNION ALL
    SELECT 'extension ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_extension
    UNION ALL
    SELECT 'foreign_data_wrapper ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_foreign_data_wrapper
    UNION ALL
    SELECT 'foreign_server ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_foreign_server
    UNION ALL
    SELECT 'foreign_table ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_foreign_table
    UNION ALL
    SELECT 'index ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_index
    UNION ALL
    SELECT 'inherits ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_inherits
    UNION ALL
    SELECT 'language ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_language
    UNION ALL
    SELECT 'namespace ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_namespace
    UNION ALL
    SELECT 'opclass ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_opclass
    UNION ALL
    SELECT 'operator ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_operator
    UNION ALL
    SELECT 'opfamily ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_opfamily
    UNION ALL
    SELECT 'partitioned_table ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_partitioned_table
    UNION ALL
    SELECT 'policy ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_policy
    UNION ALL
    SELECT 'proc ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_proc
    UNION ALL
    SELECT 'publication ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_publication
    UNION ALL
    SELECT 'publication_rel ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_publication_rel
    UNION ALL
    SELECT 'range ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_range
    UNION ALL
    SELECT 'rewrite ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_rewrite
    UNION ALL
    SELECT 'seclabel ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_seclabel
    UNION ALL
    SELECT 'sequence ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_sequence
    UNION ALL
    SELECT 'shdescription ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_shdescription
    UNION ALL
    SELECT 'shseclabel ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_shseclabel
    UNION ALL
    SELECT 'statistic_ext ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_statistic_ext
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
    UNION ALL
    SELECT 'transform ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_transform
    UNION ALL
    SELECT 'trigger ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_trigger
    UNION ALL
    SELECT 'ts_config ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_ts_config
    UNION ALL
    SELECT 'ts_config_map ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_ts_config_map
    UNION ALL
    SELECT 'ts_dict ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_ts_dict
    UNION ALL
    SELECT 'ts_parser ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_ts_parser
    UNION ALL
    SELECT 'ts_template ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_ts_template
    UNION ALL
    SELECT 'type ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) AS told FROM pg_type
) AS f
