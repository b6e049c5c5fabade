-- 1 row per value not seen before, with the next ids in the order of the values.
select
    (
        coalesce((select max(unit_id) from warehouse.dimension.units), 0)
        + row_number() over (order by unit)
    )::integer as unit_id,
    unit,
from (
    select distinct unit from ledger.attributed where unit is not null
    union
    select distinct unit from ledger.ownership
)
where unit not in (select unit from warehouse.dimension.units)
