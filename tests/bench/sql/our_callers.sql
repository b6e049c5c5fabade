-- 1 row per caller, with a narrow id instead of the text.
select
    row_number() over ()::integer as caller_id,
    caller,
from (select distinct caller from read_parquet(getvariable('requests')))
