-- 1 row per shared cost and span of time with a policy, as known now.
select
    policy.shared_cost,
    policy.method,
    unit.unit_id,
    idle.unit_id as idle_unit_id,
    policy.valid_from,
    policy.valid_to,
    policy.source,
from warehouse.seeds.allocation_policies as policy
inner join warehouse.dimension.units as unit on policy.unit = unit.unit
left join warehouse.dimension.units as idle on policy.idle_unit = idle.unit
where policy.recorded_from <= getvariable('known_at') and getvariable('known_at') < policy.recorded_to
order by policy.shared_cost, policy.valid_from
