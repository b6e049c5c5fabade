-- 1 row per shared cost, unit and span of time with a fixed share, as known now.
select
    fixed.shared_cost,
    unit.unit_id,
    fixed.share,
    fixed.valid_from,
    fixed.valid_to,
from warehouse.seeds.allocation_shares as fixed
inner join warehouse.dimension.units as unit on fixed.unit = unit.unit
where fixed.recorded_from <= getvariable('known_at') and getvariable('known_at') < fixed.recorded_to
order by fixed.shared_cost, unit.unit_id, fixed.valid_from
