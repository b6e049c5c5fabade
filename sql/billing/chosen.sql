-- 1 row per usage day and subscription: the snapshot whose charges count. Sources are never added up:
-- of each day one source counts, a complete one before an incomplete one, cost details before FOCUS
-- before the query API; of its snapshots that speak of the same subscription the newest.
with newest as (
    select
        *,
        count(*) over (partition by usage_day) as snapshots,
    from billing.coverage
    qualify
        row_number() over (
            partition by usage_day, source, subscription
            order by made_at desc, snapshot desc
        ) = 1
),

ranked as (
    select
        usage_day,
        source,
        row_number() over (
            partition by usage_day
            order by
                bool_and(is_settled) desc,
                list_position(['cost_details', 'focus', 'cost_totals'], source)
        ) as place,
    from newest
    group by usage_day, source
)

select newest.*
from newest
inner join ranked using (usage_day, source)
where ranked.place = 1
