-- 1 row per day asked for that a cost source speaks of; without amounts for whom the invoice is not for.
select
    * exclude (differs_by_usd),
    case when getvariable('sees_everything') then differs_by_usd end as differs_by_usd,
from read_parquet(getvariable('billed_days_files'))
where usage_day between getvariable('first_day') and getvariable('last_day')
