-- Rows that an earlier window already brought, by item and ingestion time, leave the batch; of one
-- that came twice in the batch itself one stays.
delete from landed_rows
where
    rowid not in (
        select min(rowid)
        from landed_rows
        group by item_id, ingested_at
    )
    or exists (
        select 1
        from known_rows as known
        where landed_rows.item_id = known.item_id and landed_rows.ingested_at = known.ingested_at
    )
