-- 1 row per allocation and unit with a share of its own, in units of the fifteenth decimal: fixed ones as
-- reviewed; even ones of the units that used something, where the first get what does not divide.
select
    allocation.allocation_id,
    fixed.unit_id,
    units_of_usd(fixed.share) as share_units,
from allocation.allocations as allocation
inner join allocation_shares as fixed
    on
        allocation.method = 'fixed'
        and allocation.shared_cost = fixed.shared_cost
        and fixed.valid_from <= allocation.last_charged_day
        and allocation.last_charged_day < fixed.valid_to
union all by name
select
    allocation_id,
    unit_id,
    divide(1000000000000000::hugeint, count(*) over (partition by allocation_id))
    + if(
        row_number() over (partition by allocation_id order by unit_id)
        <= 1000000000000000 % count(*) over (partition by allocation_id),
        1,
        0
    ) as share_units,
from (
    select distinct
        allocation_id,
        unit_id,
    from allocation.lines
    where method = 'even' and unit_id is not null
)
