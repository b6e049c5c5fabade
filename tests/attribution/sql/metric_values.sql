-- 1 row per metric point of the tenant, with the dimensions that ingestion asks for. What values
-- ContextLength takes no public page says, and a tenant's points are not split by it.
create or replace temp table metric_values as
select
    lower($resource_id) as resource_id,
    'Microsoft.CognitiveServices/accounts' as namespace,
    point.metric,
    'Total' as aggregation,
    point.minute as point_time,
    deployment.name as deployment,
    deployment.model as model_name,
    '1' as model_version,
    point.status as status_code,
    '{'
    || if(point.metric in ('InputTokens', 'OutputTokens', 'ModelRequests'), '',
        '"contextlength":"any",')
    || '"modeldeploymentname":"' || deployment.name || '","modelname":"' || deployment.model
    || '","modelversion":"1"' || coalesce(',"statuscode":"' || point.status || '"', '') || '}'
        as dimensions,
    point.value::decimal(28, 9) as value,
from tenant_points as point
inner join tenant_deployments as deployment on point.deployment = deployment.deployment
order by point.minute
