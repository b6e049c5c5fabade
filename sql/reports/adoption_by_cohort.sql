-- 1 row per month in which people first used Claude, and month from then to the month asked for: how
-- many of them used it in that month.
with used as (
    select
        used.caller_id,
        used.month,
        min(used.month) over (partition by used.caller_id) as cohort,
    from adoption.months as used
    inner join callers as caller
        on used.caller_id = caller.caller_id and caller.kind is distinct from 'service_principal'
),

retained as (
    select
        cohort,
        month,
        count(*)::integer as people,
    from used
    group by cohort, month
)

select
    strftime(cohorts.cohort, '%Y-%m') as cohort,
    strftime(months.month, '%Y-%m') as month,
    cohorts.people,
    coalesce(retained.people, 0) as retained,
    share_of(coalesce(retained.people, 0), cohorts.people) as retained_share,
from retained as cohorts
cross join
    generate_series(
        cohorts.cohort::timestamp, getvariable('month_from'), interval 1 month
    ) as months (month)
left join retained on cohorts.cohort = retained.cohort and months.month::date = retained.month
where cohorts.month = cohorts.cohort
order by cohorts.cohort, months.month
