-- What Claude was billed on the days asked for; the invoice is everybody's, so only who sees everything
-- reads it.
select *
from read_parquet(getvariable('billed_files'))
where
    getvariable('sees_everything')
    and usage_day between getvariable('first_day') and getvariable('last_day')
