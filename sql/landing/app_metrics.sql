-- 1 row per row of an answer to kql/app_metrics.kql, typed. `answer_row` has the projection's order.
select
    getvariable('load_id')::bigint as load_id,
    coalesce(try_cast(answer_row[1] as timestamptz)::timestamp, getvariable('window_start')::timestamp)
        as ingested_at,
    coalesce(nullif(answer_row[2], ''), md5(answer_row::varchar)) as item_id,
    answer_row[3] as resource_id,
    try_cast(answer_row[4] as timestamptz)::timestamp as time_generated,
    answer_row[5] as metric,
    try_cast(answer_row[6] as decimal(28, 9)) as value_sum,
    try_cast(answer_row[7] as bigint) as item_count,
    without_credentials(answer_row[8]) as properties
from answer
