-- 1 row per CorrelationId of the window that has a usage record.
select distinct as_key(correlation_id, null) as request_key
from warehouse.staging.usage_records
where
    correlation_id is not null
    and day_key between getvariable('first_day') - 1 and getvariable('last_day') + 1
