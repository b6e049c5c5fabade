-- 1 row per deployment and span of days, as known now. account is the Foundry resource's name, which
-- is the first label of the host in a BackendUrl.
select
    deployment,
    lower(regexp_extract(foundry_resource_id, '([^/]+)/*$', 1)) as account,
    model,
    hosting,
    sku,
    valid_from,
    valid_to,
from warehouse.seeds.deployments
where recorded_from <= getvariable('known_at') and getvariable('known_at') < recorded_to
