-- 1 row per series, whole month up to the one asked for, and day of month from which it is forecast: what
-- was spent up to that day's end, and what the month came to. Series without usage in a month stand
-- in it as well.
with months as (
    select
        unnest(
            generate_series(
                getvariable('first_month')::timestamp, getvariable('last_month'), interval 1 month
            )
        )::date as month_from,
),

moments as (
    select
        month_from,
        (month_from + interval 1 month)::date as month_to,
        unnest(getvariable('days_of_month')) as day_of_month,
    from months
)

select
    moment.month_from,
    moment.month_to,
    moment.day_of_month,
    subject.series_id,
    coalesce(
        sum(cost.cost_usd) filter (cost.usage_day < moment.month_from + moment.day_of_month), 0
    ) as spent_usd,
    coalesce(sum(cost.cost_usd), 0) as actual_usd,
from moments as moment
cross join budgets.subjects as subject
left join budgets.costs as cost
    on
        subject.series_id = cost.series_id
        and moment.month_from <= cost.usage_day
        and cost.usage_day < moment.month_to
group by all
order by moment.month_from, moment.day_of_month, subject.series_id
