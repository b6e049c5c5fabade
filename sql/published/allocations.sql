-- What was split of the months that are read whole; amounts are of the invoice, so only who sees
-- everything reads them.
select
    * exclude (amount_usd),
    case when getvariable('sees_everything') then amount_usd end as amount_usd,
from read_parquet(getvariable('allocations_files'))
where month >= getvariable('first_day') and last_day(month) <= getvariable('last_day')
