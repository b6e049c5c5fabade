-- 1 row per allocation and who bears a part of it: the part as a ratio and in USD. Ratios of an allocation
-- sum to exactly 1, amounts to exactly what is split. Both are split in units of their fifteenth decimal:
-- rounded down, then one unit more for the largest remainders, ties by unit and caller.
with rated as (
    select
        *,
        divide(parent_units * weight, parent_weight) as floor_units,
        row_number() over (
            partition by allocation_id, parent_unit_id
            order by parent_units * weight % parent_weight desc, unit_id, caller_id, label
        ) as place,
    from allocation.bearers
),

ratios as (
    select
        allocation_id,
        unit_id,
        caller_id,
        label,
        floor_units
        + if(
            place
            <= parent_units - sum(floor_units) over (partition by allocation_id, parent_unit_id),
            1,
            0
        ) as ratio_units,
    from rated
),

floors as (
    select
        ratios.*,
        allocation.amount_usd,
        units_of_usd(abs(allocation.amount_usd)) as whole_units,
        divide(whole_units * ratio_units, 1000000000000000::hugeint) as floor_units,
        row_number() over (
            partition by ratios.allocation_id
            order by
                whole_units * ratio_units % 1000000000000000 desc,
                ratios.unit_id,
                ratios.caller_id,
                ratios.label
        ) as place,
    from ratios
    inner join allocation.allocations as allocation using (allocation_id)
)

select
    allocation_id,
    unit_id,
    caller_id,
    label,
    usd_of_units(ratio_units) as ratio,
    (
        if(amount_usd < 0, -1, 1)
        * usd_of_units(
            floor_units
            + if(place <= whole_units - sum(floor_units) over (partition by allocation_id), 1, 0)
        )
    )::decimal(38, 15) as amount_usd,
from floors
order by allocation_id, unit_id, caller_id, label
