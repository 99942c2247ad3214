SELECT c.relname AS "table",
  (SELECT json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
      'required', a.attnotnull AND NOT a.atthasdef AND a.attidentity = '') ORDER BY a.attname)
    FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  (SELECT coalesce(json_agg(i.indexdef ORDER BY i.indexname), '[]')
    FROM (SELECT indexname, regexp_replace(indexdef, '^.* USING ', '') AS indexdef FROM pg_indexes
      WHERE schemaname = current_schema() AND tablename = c.relname AND indexdef LIKE 'CREATE UNIQUE%') i) AS "uniques"
FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'migrations'
ORDER BY c.relname
