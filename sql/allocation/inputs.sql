-- 1 row per month: a text that changes with whatever its shared costs follow from, beside its days.
with said as (
    select
        date_trunc('month', usage_day)::date as month_day,
        'charge ' || charge::varchar as line,
    from marts.shared_charges as charge
    union all
    select
        date_trunc('month', usage_day)::date as month_day,
        'billed ' || charge::varchar as line,
    from marts.billed as charge
    union all
    select
        date_trunc('month', usage_day)::date as month_day,
        'day ' || day::varchar as line,
    from marts.billed_days as day
),

always as (
    select 'policy ' || policy::varchar as line
    from marts.allocation_policies as policy
    union all
    select 'share ' || share::varchar as line
    from marts.allocation_shares as share
    union all
    select 'account ' || account::varchar as line
    from marts.accounts as account
)

select
    strftime(month_day, '%Y-%m') as month,
    md5(string_agg(line, chr(10) order by line))
    || coalesce((select md5(string_agg(line, chr(10) order by line)) from always), '') as content,
from said
group by month_day
