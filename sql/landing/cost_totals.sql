-- 1 row per day and group of charges of a snapshot, typed. `answer_row` has the columns' order.
select
    getvariable('load_id')::bigint as load_id,
    row_number() over (order by answer_row) as row_number,
    answer_row[1]::date as charge_date,
    answer_row[2] as publisher_type,
    answer_row[3] as publisher_name,
    answer_row[4] as meter_category,
    answer_row[5] as meter_name,
    answer_row[6] as resource_group,
    answer_row[7] as charge_type,
    answer_row[8]::decimal(38, 15) as quantity,
    answer_row[9]::decimal(38, 15) as cost,
    answer_row[10] as currency,
from answer
