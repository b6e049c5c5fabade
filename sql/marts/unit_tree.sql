-- 1 row per unit and span of time in which it was part of another, as known now.
select
    part.unit_id,
    parent.unit_id as parent_unit_id,
    tree.valid_from,
    tree.valid_to,
from warehouse.seeds.units as tree
inner join warehouse.dimension.units as part on tree.unit = part.unit
inner join warehouse.dimension.units as parent on tree.parent_unit = parent.unit
where tree.recorded_from <= getvariable('known_at') and getvariable('known_at') < tree.recorded_to
order by part.unit_id, tree.valid_from
