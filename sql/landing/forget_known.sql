-- Rows that an earlier window already brought, by item and ingestion time, leave the batch.
delete from landed_rows
using known_rows as known
where landed_rows.item_id = known.item_id and landed_rows.ingested_at = known.ingested_at
