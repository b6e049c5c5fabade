-- 1 row per allocation and who bears a part of it: the part as a ratio and in USD. Ratios of an allocation
-- sum to exactly 1, amounts to exactly what is split. Both are split in units of their fifteenth decimal:
-- rounded down, then one unit more for the largest remainders, ties by unit and caller.
-- basis is by what it is spread over their rows of daily, NULL where they have none.
with weighed as (
    select
        bearer.*,
        parent.ratio_units as one,
        parent.amount_units as whole,
        sum(bearer.weight) over (partition by bearer.allocation_id, bearer.parent_unit_id)::hugeint
            as total,
    from allocation.bearers as bearer
    inner join allocation.parents as parent
        on
            bearer.allocation_id = parent.allocation_id
            and bearer.parent_unit_id is not distinct from parent.unit_id
),

placed as (
    select
        *,
        one - sum(part_of(one, weight, total)) over whole_of as missing_ratio,
        whole - sum(part_of(whole, weight, total)) over whole_of as missing_amount,
        row_number() over (
            partition by allocation_id, parent_unit_id
            order by remainder_of(one, weight, total) desc, unit_id, caller_id, label
        ) as ratio_place,
        row_number() over (
            partition by allocation_id, parent_unit_id
            order by remainder_of(whole, weight, total) desc, unit_id, caller_id, label
        ) as amount_place,
    from weighed
    window whole_of as (partition by allocation_id, parent_unit_id)
)

select
    placed.allocation_id,
    placed.unit_id,
    placed.caller_id,
    placed.label,
    usd_of_units(
        sum(part_of(one, weight, total) + if(ratio_place <= missing_ratio, 1, 0))::hugeint
    ) as ratio,
    if(any_value(allocation.amount_usd) < 0, -1, 1)
    * usd_of_units(
        sum(part_of(whole, weight, total) + if(amount_place <= missing_amount, 1, 0))::hugeint
    )::decimal(38, 15) as amount_usd,
    case
        when count(used.label) = 0 then null
        when any_value(allocation.method) = 'tokens' and any_value(used.tokens) > 0 then 'tokens'
        when
            any_value(allocation.method) in ('direct_cost', 'even', 'fixed')
            and any_value(used.coarse_cost) > 0
            then 'cost'
        when any_value(used.requests) > 0 then 'requests'
        else 'rows'
    end as basis,
from placed
inner join allocation.allocations as allocation using (allocation_id)
left join allocation.used as used
    on
        allocation.first_day = used.first_day
        and allocation.end_day = used.end_day
        and placed.unit_id is not distinct from used.unit_id
        and placed.caller_id is not distinct from used.caller_id
        and placed.label = used.label
group by placed.allocation_id, placed.unit_id, placed.caller_id, placed.label
order by placed.allocation_id, placed.unit_id, placed.caller_id, placed.label
