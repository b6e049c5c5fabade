-- 1 row per point of this landing, with the dimensions that attribution uses as columns.
with landed as (
    select
        *,
        dimensions::json as named,
    from landed_rows
)

select
    load_id,
    item_id,
    ingested_at,
    point_time,
    resource_id,
    namespace,
    metric,
    aggregation,
    named ->> 'modeldeploymentname' as deployment,
    named ->> 'modelname' as model_name,
    named ->> 'modelversion' as model_version,
    coalesce(named ->> 'statuscode', named ->> 'gatewayresponsecodecategory') as status_code,
    dimensions,
    value,
    point_time::date as day_key,
from landed
