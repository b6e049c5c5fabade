-- 1 row per usage day and shared cost: its USD as far as they are known, and how many hours of the day
-- no request passed the gateway. What the bridge leaves is the shared cost residual.
with costs as (
    select
        usage_day,
        shared_cost,
        sum(amount_usd) as amount_usd,
    from stated_charges
    where state = 'split'
    group by usage_day, shared_cost
    union all by name
    select
        usage_day,
        'residual' as shared_cost,
        sum(billed_cost_usd) as amount_usd,
    from invoiced_daily
    where label = 'residual'
    group by usage_day
    having count(billed_cost_usd) = count(*)
),

busy as (
    select
        hour::date as usage_day,
        count(distinct hour) as hours,
    from traffic
    where kind = 'gateway' and logged_requests > 0
    group by hour::date
)

select
    costs.usage_day,
    costs.shared_cost,
    costs.amount_usd,
    24 - coalesce(busy.hours, 0) as idle_hours,
from costs
left join busy on costs.usage_day = busy.usage_day
where costs.amount_usd <> 0
