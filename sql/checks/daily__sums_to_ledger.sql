-- fail: the day's roll-up does not add up to the day's ledger and what is beyond it.
with rolled_up as (
    select
        coalesce(sum(requests), 0) as requests,
        sum(list_cost_usd) as list_cost_usd,
        sum(contracted_cost_usd) as contracted_cost_usd
    from marts.daily
),

booked as (
    select
        coalesce(sum(requests), 0) as requests,
        sum(list_cost_usd) as list_cost_usd,
        sum(contracted_cost_usd) as contracted_cost_usd
    from (
        select
            1 as requests,
            list_cost_usd,
            contracted_cost_usd
        from ledger.charges
        where usage_day = getvariable('usage_day')
        union all
        select
            requests,
            list_cost_usd,
            (list_cost_usd * (1 - coalesce(discount_rate, 0))::decimal(9, 8))::decimal(38, 15)
        from ledger.beyond
        where usage_day = getvariable('usage_day')
    )
)

select
    getvariable('usage_day')::varchar as subject,
    format(
        'the roll-up has {} requests and {} USD, the ledger {} and {}',
        rolled_up.requests, rolled_up.list_cost_usd, booked.requests, booked.list_cost_usd
    ) as finding,
from rolled_up
cross join booked
where
    rolled_up.requests <> booked.requests
    or rolled_up.list_cost_usd is distinct from booked.list_cost_usd
    or rolled_up.contracted_cost_usd is distinct from booked.contracted_cost_usd
