-- 1 row per approved deployment and span of time, as known now. account is the Foundry resource's name.
select
    deployment,
    lower(regexp_extract(foundry_resource_id, '([^/]+)/*$', 1)) as account,
    valid_from,
    valid_to,
from warehouse.seeds.approved_deployments
where recorded_from <= getvariable('known_at') and getvariable('known_at') < recorded_to
order by all
