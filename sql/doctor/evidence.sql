-- 1 row: what the whole loaded history shows about its own quality.
select
    (select count(*) from warehouse.raw.gateway_log) as gateway_rows,
    (select count(*) from warehouse.raw.llm_log) as llm_rows,
    (select max(ingested_at) from warehouse.raw.gateway_log) as newest_gateway_row,
    (select max(ingested_at) from warehouse.raw.llm_log) as newest_llm_row,
    (
        select count(*)
        from warehouse.directory.principals
        where recorded_to = timestamp '9999-12-31' and valid_to = timestamp '9999-12-31'
    ) as principals,
    (select max(synced_at) from warehouse.directory.delta_links) as directory_synced_at,
    (select count(*) from warehouse.run.dirty_days) as dirty_days,
