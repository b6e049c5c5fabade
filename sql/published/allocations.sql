-- What was split of the months read; amounts are of the invoice, so only who sees everything reads them.
select
    * exclude (amount_usd),
    case when getvariable('sees_everything') then amount_usd end as amount_usd,
from read_parquet(getvariable('allocations_files'))
