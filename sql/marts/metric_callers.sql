-- 1 row per caller that the token metrics of a usage day show and the log knows.
select
    shown.usage_day,
    caller.caller_id,
from ledger.metric_callers as shown
inner join warehouse.directory.callers as caller on shown.oid = caller.oid
where shown.usage_day = getvariable('usage_day')
