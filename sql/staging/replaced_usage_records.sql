-- Rows that this landing brings with an earlier time: of a record that came twice the first stays.
delete from warehouse.staging.usage_records as known
using landed_rows as landed
where
    known.item_id = landed.item_id
    and known.day_key = landed.record_time::date
    and known.ingested_at > landed.ingested_at
