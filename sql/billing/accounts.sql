-- 1 row per Foundry account of the seeds and settings: the resource group that its bill is under.
with named as (
    select foundry_resource_id as resource_id
    from warehouse.seeds.deployments
    union
    select unnest(getvariable('foundry_resource_ids')) as resource_id
)

select
    lower(regexp_extract(resource_id, '([^/]+)/*$', 1)) as account,
    any_value(lower(regexp_extract(resource_id, '(?i)/resourcegroups/([^/]+)', 1))) as resource_group,
from named
where resource_id <> ''
group by account
order by account
