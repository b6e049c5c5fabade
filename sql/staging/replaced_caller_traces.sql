-- Rows that this landing brings with an earlier ingestion time: of a row that came twice the one
-- ingested first stays, in whatever order the windows are read.
delete from warehouse.staging.caller_traces as known
using landed_rows as landed
where
    known.item_id = landed.item_id
    and known.day_key = coalesce(landed.time_generated, landed.ingested_at)::date
    and known.ingested_at > landed.ingested_at
