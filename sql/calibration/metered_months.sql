-- 1 row per month that the platform counted cache tokens in, of the days between two, by its first day.
select distinct date_trunc('month', day_key)::date as month
from warehouse.staging.metric_points
where
    day_key between getvariable('first_day') and getvariable('last_day')
    and lower(metric) in ('cachereadinputtokens', 'ephemeral5minputtokens', 'ephemeral1hinputtokens')
