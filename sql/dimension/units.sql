-- 1 row per value not seen before, with the next ids in the order of the values: units of requests, of
-- principals, and of the tree.
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
)

select
    (
        coalesce((select max(unit_id) from warehouse.dimension.units), 0)
        + row_number() over (order by unit)
    )::integer as unit_id,
    unit,
from seen
where unit not in (select unit from warehouse.dimension.units)
