-- 1 row per allocation and unit with a fixed or even share of its own; of other methods 1 row without a
-- unit. What they have of it as a ratio and as an amount, both in units of the fifteenth decimal, of
-- which they have all.
with weighed as (
    select
        allocation.allocation_id,
        fixed.unit_id,
        units_of_usd(fixed.share) as weight,
    from allocation.allocations as allocation
    inner join allocation_shares as fixed
        on
            allocation.method = 'fixed'
            and allocation.shared_cost = fixed.shared_cost
            and fixed.valid_from <= allocation.last_charged_day
            and allocation.last_charged_day < fixed.valid_to
    union all by name
    select distinct
        allocation_id,
        weight.unit_id,
        1::hugeint as weight,
    from allocation.allocations as allocation
    inner join allocation.weights as weight using (allocation_id)
    where allocation.method = 'even' and weight.unit_id is not null
),

parents as (
    select
        *,
        sum(weight) over (partition by allocation_id)::hugeint as total,
    from weighed
    union all by name
    select
        allocation_id,
        1::hugeint as weight,
        1::hugeint as total,
    from allocation.allocations
    where allocation_id not in (select allocation_id from weighed)
),

split as (
    select
        parents.*,
        1000000000000000::hugeint as one,
        units_of_usd(abs(allocation.amount_usd)) as whole,
        row_number() over (
            partition by allocation_id
            order by remainder_of(one, weight, total) desc, parents.unit_id
        ) as ratio_place,
        row_number() over (
            partition by allocation_id
            order by remainder_of(whole, weight, total) desc, parents.unit_id
        ) as amount_place,
    from parents
    inner join allocation.allocations as allocation using (allocation_id)
)

select
    allocation_id,
    unit_id,
    part_of(one, weight, total)
    + if(
        ratio_place <= one - sum(part_of(one, weight, total)) over (partition by allocation_id), 1, 0
    ) as ratio_units,
    part_of(whole, weight, total)
    + if(
        amount_place <= whole - sum(part_of(whole, weight, total)) over (partition by allocation_id),
        1,
        0
    ) as amount_units,
from split
