-- What was billed beside Claude on the days asked for; the invoice is everybody's, so only who sees
-- everything reads it.
select *
from read_parquet(getvariable('shared_charges_files'))
where
    getvariable('sees_everything')
    and usage_day between getvariable('first_day') and getvariable('last_day')
