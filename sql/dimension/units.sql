-- 1 row per value not seen before, with the next ids in the order of the values: units of requests, of
-- principals, of the tree, and of whom policies name.
with seen as (
    select unit
    from ledger.attributed
    where unit is not null
    union
    select unit
    from ledger.ownership
    union
    select unit
    from warehouse.seeds.units
    union
    select parent_unit
    from warehouse.seeds.units
    union
    select unnest([unit, idle_unit])
    from warehouse.seeds.allocation_policies
    union
    select unit
    from warehouse.seeds.allocation_shares
)

select
    (
        coalesce((select max(unit_id) from warehouse.dimension.units), 0)
        + row_number() over (order by unit)
    )::integer as unit_id,
    unit,
from seen
where unit is not null and unit not in (select unit from warehouse.dimension.units)
