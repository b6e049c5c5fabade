-- 1 row per span of time about which a seed says something else than when the last build asked: a row
-- became known, or stopped being so, by the clock alone.
with dated as (
    select valid_from, valid_to, recorded_from, recorded_to
    from warehouse.seeds.prices
    union all
    select valid_from, valid_to, recorded_from, recorded_to
    from warehouse.seeds.discounts
    union all
    select valid_from, valid_to, recorded_from, recorded_to
    from warehouse.seeds.deployments
    union all
    select valid_from, valid_to, recorded_from, recorded_to
    from warehouse.seeds.subscriptions
)

select distinct
    valid_from,
    valid_to,
from dated
where
    (getvariable('built_at') < recorded_from and recorded_from <= getvariable('known_at'))
    or (getvariable('built_at') < recorded_to and recorded_to <= getvariable('known_at'))
