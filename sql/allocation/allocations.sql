-- 1 row per shared cost, policy and set of fixed shares that held on days of the month, and part: used, or
-- idle where the policy sets the hours without traffic apart. amount_usd is what is split, between whom
-- used something from first_day on and before end_day.
with placed as (
    select
        charged.*,
        policy.method,
        policy.unit_id,
        policy.idle_unit_id,
        policy.source,
        greatest(getvariable('first_day'), first_day_from(policy.valid_from)) as policy_first_day,
        least(getvariable('last_day') + 1, first_day_from(policy.valid_to)) as policy_end_day,
        (
            select max(fixed.valid_from)
            from allocation_shares as fixed
            where
                policy.method = 'fixed'
                and fixed.shared_cost = charged.shared_cost
                and fixed.valid_from <= charged.usage_day
                and charged.usage_day < fixed.valid_to
        ) as shares_from,
        case
            when policy.idle_unit_id is null then 0
            else usd_of_units(
                divide(units_of_usd(charged.amount_usd) * charged.idle_hours, 24::hugeint)
            )
        end as idle_usd,
    from allocation.charged as charged
    inner join allocation_policies as policy
        on
            charged.shared_cost = policy.shared_cost
            and policy.valid_from <= charged.usage_day
            and charged.usage_day < policy.valid_to
),

parts as (
    select
        *,
        unnest(if(idle_unit_id is null, ['used'], ['used', 'idle'])) as part,
    from placed
),

summed as (
    select
        shared_cost,
        part,
        if(part = 'idle', 'central', method) as method,
        if(part = 'idle', idle_unit_id, unit_id) as unit_id,
        shares_from,
        policy_first_day as first_day,
        policy_end_day as end_day,
        max(usage_day) as last_charged_day,
        sum(if(part = 'idle', idle_usd, amount_usd - idle_usd))::decimal(38, 15) as amount_usd,
        source,
    from parts
    group by all
)

select
    row_number() over (
        order by shared_cost, first_day, shares_from nulls first, part desc
    )::integer as allocation_id,
    *,
from summed
where amount_usd <> 0
order by allocation_id
