-- 1 row per caller and hour of the window with more User-Agents than one person's programs have.
select
    caller_oid,
    date_trunc('hour', usage_time) as hour,
from ledger.attributed
where caller_oid is not null and user_agent is not null
group by caller_oid, hour
having count(distinct user_agent) >= 8
