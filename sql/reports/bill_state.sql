-- 1 row: how much of the days asked for is billed, by which sources, in which currency.
with days as (
    select
        count_if(is_known)::integer as known_days,
        count_if(is_known and is_settled)::integer as settled_days,
        min(usage_day) filter (is_known) as first_known_day,
        max(usage_day) filter (is_known) as last_known_day,
        string_agg(distinct source, ', ' order by source) filter (is_known) as sources,
        max(snapshot_at) as snapshot_at,
        count_if(is_known and snapshots > 1)::integer as days_told_twice,
        max(differs_by_usd) filter (is_known) as differs_by_usd,
    from billed_days
),

charges as (
    select
        sum(charge.ccu) as ccu,
        count_if(charge.amount_usd is null)::integer as unknown_charges,
        string_agg(distinct charge.billing_currency, ', ' order by charge.billing_currency)
            as currencies,
        case
            when count(distinct charge.billing_currency) = 1 then sum(charge.billing_amount)
        end as billing_amount,
        case
            when count(distinct charge.exchange_rate) = 1 then any_value(charge.exchange_rate)
        end as exchange_rate,
    from billed as charge
    inner join billed_days as known using (usage_day)
    where charge.kind = 'ccu' and charge.charge_type <> 'tax' and known.is_known
)

select
    days.*,
    charges.*,
    (
        select count(distinct usage_day)::integer
        from bridge.days
        where state = 'half_logged'
    ) as half_logged_days,
    (
        select list(price.ccu_price_usd order by price.valid_from)
        from ccu_prices as price
        where
            exists (
                select 1
                from billed_days as known
                where
                    known.is_known
                    and price.valid_from <= known.usage_day
                    and known.usage_day < price.valid_to
            )
    ) as ccu_prices_usd,
    rules.residual_limit_usd,
    rules.residual_limit_share,
    rules.is_bill_read,
from days
cross join charges
cross join billing_rules as rules
