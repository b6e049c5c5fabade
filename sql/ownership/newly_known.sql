-- 1 row per row of a deciding seed that became known, or stopped being so, by the clock alone.
with dated as (
    select recorded_from, recorded_to
    from warehouse.seeds.ownership_rules
    union all
    select recorded_from, recorded_to
    from warehouse.seeds.unit_names
    union all
    select recorded_from, recorded_to
    from warehouse.seeds.unit_corrections
    union all
    select recorded_from, recorded_to
    from warehouse.seeds.owners
)

select *
from dated
where
    (getvariable('resolved_at') < recorded_from and recorded_from <= getvariable('known_at'))
    or (getvariable('resolved_at') < recorded_to and recorded_to <= getvariable('known_at'))
