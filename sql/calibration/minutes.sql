-- 1 row per deployment and minute that the platform counted anything in, by their ids.
select
    deployment.deployment_id as deployment,
    epoch_us(counted.minute) as minute_us,
    counted.requests,
    counted.input_tokens,
    counted.output_tokens,
    counted.cache_read_tokens,
    counted.cache_write_5m_tokens,
    counted.cache_write_1h_tokens,
from ledger.platform_minutes as counted
inner join warehouse.dimension.deployments as deployment
    on
        counted.deployment = deployment.deployment
        and counted.account is not distinct from deployment.account
order by deployment, minute_us
