-- 1 row per LLM row of the requests of one usage day: what `explain` shows.
select
    call.request_key,
    try_cast(line.item_id as uuid) as item_key,
    other_spelling(line.item_id) as other_item_id,
    line.row_time,
    line.ingested_at,
    line.sequence_number,
    line.response_id,
    line.model_name,
    line.input_tokens,
    line.output_tokens,
    line.refused_counts,
from ledger.attributed as call
inner join ledger.usage_rows as line on call.usage_key = line.usage_key
where call.usage_day = getvariable('usage_day')
