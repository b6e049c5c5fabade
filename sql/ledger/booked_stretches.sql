-- 1 row per deployment and stretch of a day: tokens by class of users and labelled rows together, and
-- of them what the log itself shows. is_told: a record of single requests is among them.
select
    deployment_id,
    stretch_at,
    sum(input_tokens) as input,
    sum(output_tokens) as output,
    sum(cache_read_tokens) as cache_read,
    sum(cache_write_5m_tokens) as write_5m,
    sum(cache_write_1h_tokens) as write_1h,
    sum(logged_input) as logged_input,
    sum(logged_output) as logged_output,
    bool_or(is_told) as is_told,
from (
    select
        found.deployment_id,
        found.stretch_at,
        if(call.input_tokens >= 0, call.input_tokens, found.input_tokens) as input_tokens,
        if(call.output_tokens >= 0, call.output_tokens, found.output_tokens) as output_tokens,
        greatest(call.input_tokens, 0) as logged_input,
        greatest(call.output_tokens, 0) as logged_output,
        if(found.evidence = 'calibrated', found.cache_read_tokens, null) as cache_read_tokens,
        if(found.evidence = 'calibrated', found.cache_write_5m_tokens, null)
            as cache_write_5m_tokens,
        if(found.evidence = 'calibrated', found.cache_write_1h_tokens, null)
            as cache_write_1h_tokens,
        greatest(
            call.told_read_tokens, call.told_write_5m_tokens, call.told_write_1h_tokens
        ) >= 0 as is_told,
    from ledger.calibrated as found
    inner join ledger.traffic as call on found.request_key = call.request_key
    union all by name
    select
        deployment.deployment_id,
        cell.stretch_at,
        cell.outside_input_tokens as input_tokens,
        cell.outside_output_tokens as output_tokens,
        cell.outside_read_tokens + cell.pool_read_tokens as cache_read_tokens,
        cell.outside_write_5m_tokens + cell.pool_write_5m_tokens as cache_write_5m_tokens,
        cell.outside_write_1h_tokens + cell.pool_write_1h_tokens as cache_write_1h_tokens,
    from ledger.cells as cell
    inner join warehouse.dimension.deployments as deployment
        on
            cell.deployment = deployment.deployment
            and cell.account is not distinct from deployment.account
)
where stretch_at < getvariable('last_day') + 1
group by all
