-- 1 row per item of the Retail Prices API, typed. `answer_row` has the columns' order. A price counts
-- as ingested when it came into force, so that one that is known is found again.
select
    getvariable('load_id')::bigint as load_id,
    md5(answer_row::varchar) as item_id,
    coalesce(
        try_cast(answer_row[13] as timestamptz)::timestamp, timestamp '1970-01-01 00:00:00'
    ) as ingested_at,
    answer_row[1] as meter_id,
    answer_row[2] as meter_name,
    answer_row[3] as product_name,
    answer_row[4] as sku_name,
    answer_row[5] as service_name,
    answer_row[6] as arm_region_name,
    answer_row[7] as currency_code,
    answer_row[8] as unit_of_measure,
    answer_row[9] as price_type,
    try_cast(answer_row[10] as decimal(38, 15)) as tier_minimum_units,
    try_cast(answer_row[11] as decimal(38, 15)) as retail_price,
    try_cast(answer_row[12] as decimal(38, 15)) as unit_price,
    try_cast(answer_row[13] as timestamptz)::timestamp as effective_start,
    try_cast(answer_row[14] as timestamptz)::timestamp as effective_end,
from answer
qualify row_number() over (partition by answer_row) = 1
