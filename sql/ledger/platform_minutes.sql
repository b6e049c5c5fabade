-- 1 row per Foundry account, deployment and minute of the window: the tokens that the platform counted.
-- A negative count is none. Other companies' models are not asked about.
select
    lower(regexp_extract(resource_id, '([^/]+)/*$', 1)) as account,
    deployment,
    point_time as minute,
    any_value(as_llm_model(model_name)) as metric_model,
    coalesce(sum(value) filter (where metric_name = 'modelrequests'), 0)::bigint as requests,
    coalesce(sum(value) filter (where metric_name = 'inputtokens'), 0)::bigint as input_tokens,
    coalesce(sum(value) filter (where metric_name = 'outputtokens'), 0)::bigint as output_tokens,
    coalesce(sum(value) filter (where metric_name = 'cachereadinputtokens'), 0)::bigint
        as cache_read_tokens,
    coalesce(sum(value) filter (where metric_name = 'ephemeral5minputtokens'), 0)::bigint
        as cache_write_5m_tokens,
    coalesce(sum(value) filter (where metric_name = 'ephemeral1hinputtokens'), 0)::bigint
        as cache_write_1h_tokens,
from (
    select
        *,
        lower(metric) as metric_name,
    from warehouse.staging.metric_points
    where
        day_key between getvariable('first_day') - 1 and getvariable('last_day') + 1
        and point_time >= getvariable('window_from')
        and point_time < getvariable('window_to')
        and aggregation = 'Total'
        and value >= 0
        and deployment is not null
) as points
where
    metric_name in (
        'modelrequests', 'inputtokens', 'outputtokens', 'cachereadinputtokens',
        'ephemeral5minputtokens', 'ephemeral1hinputtokens'
    )
    -- A request that Foundry refused used no tokens.
    and (metric_name <> 'modelrequests' or coalesce(status_code, '200') = '200')
    and (
        starts_with(lower(coalesce(model_name, 'claude')), 'claude')
        or deployment in (select deployment from ledger.deployments)
    )
group by account, deployment, minute
