-- 1 row per caller and usage day of the month with at least one request.
select
    caller_id,
    usage_day,
    sum(requests)::bigint as requests,
    sum(list_cost_usd) as list_cost_usd,
from client_versions
where usage_day >= getvariable('month_from')::date and caller_id is not null
group by caller_id, usage_day
