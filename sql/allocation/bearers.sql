-- 1 row per allocation and who may bear a part of it, with their weight in what their parent has. A unit
-- in which nothing has a weight bears its share as such; what nobody's use can bear is borne by the unit
-- that the policy names. Weights have sixteen digits: their products with amounts stay in range.
with used as (
    select
        parent.allocation_id,
        parent.unit_id as parent_unit_id,
        weight.unit_id,
        weight.caller_id,
        weight.label,
        weight.weight,
        sum(weight.weight) over (partition by parent.allocation_id, parent.unit_id) as total,
        (10 ^ greatest(length(total::hugeint::varchar) - 16, 0))::hugeint as scale,
    from allocation.parents as parent
    inner join allocation.allocations as allocation using (allocation_id)
    inner join allocation.weights as weight
        on
            parent.allocation_id = weight.allocation_id
            and case
                when parent.unit_id is null then allocation.method not in ('even', 'fixed')
                else parent.unit_id = weight.unit_id
            end
            and weight.weight > 0
)

select
    allocation_id,
    parent_unit_id,
    unit_id,
    caller_id,
    label,
    divide(weight, scale) as weight,
from used
where divide(weight, scale) > 0
union all by name
select
    parent.allocation_id,
    parent.unit_id as parent_unit_id,
    coalesce(parent.unit_id, allocation.unit_id) as unit_id,
    cast(null as integer) as caller_id,
    '' as label,
    1::hugeint as weight,
from allocation.parents as parent
inner join allocation.allocations as allocation using (allocation_id)
where
    not exists (
        select 1
        from used
        where
            used.allocation_id = parent.allocation_id
            and used.parent_unit_id is not distinct from parent.unit_id
    )
