-- 1 row per shared cost, policy, part and who bears some of it: their ratio and their USD.
select
    allocation.shared_cost,
    allocation.part,
    allocation.method,
    allocation.first_day,
    allocation.end_day - 1 as last_day,
    unit.unit,
    case when getvariable('by_user') then caller.oid end as oid,
    case when getvariable('by_user') then caller.display_name end as name,
    share.label,
    sum(share.ratio)::decimal(38, 15) as ratio,
    sum(share.amount_usd)::decimal(38, 15) as amount_usd,
from allocated_shares as share
inner join allocations as allocation using (month, allocation_id)
left join units as unit on share.unit_id = unit.unit_id
left join callers as caller on share.caller_id = caller.caller_id
group by all
order by
    allocation.shared_cost,
    allocation.first_day,
    allocation.part desc,
    amount_usd desc,
    unit.unit nulls last,
    oid nulls last,
    share.label
