-- 1 row per allocation and who may bear a part of it, with their weight in it. A fixed or even share
-- belongs to a unit, whose people bear it by what they cost; a unit in which nothing has a cost bears it as
-- such. What nobody's use can bear is borne by the unit that the policy names.
with parents as (
    select
        allocation_id,
        unit_id as parent_unit_id,
        share_units as parent_units,
    from allocation.unit_shares
    union all by name
    select
        allocation_id,
        1000000000000000::hugeint as parent_units,
    from allocation.allocations
    where allocation_id not in (select allocation_id from allocation.unit_shares)
),

used as (
    select
        parents.*,
        weight.unit_id,
        weight.caller_id,
        weight.label,
        weight.weight,
    from parents
    inner join allocation.weights as weight
        on
            parents.allocation_id = weight.allocation_id
            and (parents.parent_unit_id is null or parents.parent_unit_id = weight.unit_id)
            and weight.weight > 0
    inner join allocation.allocations as allocation
        on
            parents.allocation_id = allocation.allocation_id
            -- Shares of units that nobody has are borne like a central budget.
            and (parents.parent_unit_id is not null or allocation.method not in ('even', 'fixed'))
)

select
    *,
    sum(weight) over (partition by allocation_id, parent_unit_id)::hugeint as parent_weight,
from used
union all by name
select
    parents.*,
    coalesce(parents.parent_unit_id, allocation.unit_id) as unit_id,
    cast(null as integer) as caller_id,
    '' as label,
    1::hugeint as weight,
    1::hugeint as parent_weight,
from parents
inner join allocation.allocations as allocation using (allocation_id)
where
    not exists (
        select 1
        from used
        where
            used.allocation_id = parents.allocation_id
            and used.parent_unit_id is not distinct from parents.parent_unit_id
    )
