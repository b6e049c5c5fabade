-- 1 row per request of the days asked for that reached a model, with its tokens by class, each from
-- the best source there is, and how they are known. A class that nothing shows is NULL.
select
    call.* replace (
        coalesce(call.input_tokens, told.input_tokens, found.input_tokens) as input_tokens,
        coalesce(call.output_tokens, told.output_tokens, found.output_tokens) as output_tokens
    ),
    call.input_tokens as logged_input_tokens,
    call.output_tokens as logged_output_tokens,
    coalesce(told.cache_read_tokens, found.cache_read_tokens) as cache_read_tokens,
    coalesce(told.cache_write_5m_tokens, found.cache_write_5m_tokens) as cache_write_5m_tokens,
    coalesce(told.cache_write_1h_tokens, found.cache_write_1h_tokens) as cache_write_1h_tokens,
    coalesce(call.input_tokens, call.output_tokens, told.input_tokens, told.output_tokens)
        is not null as has_usage,
    case
        when coalesce(found.input_tokens, found.output_tokens) is not null then 'calibrated'
        when has_usage then 'measured'
    end as usage_evidence,
    case when told.cache_read_tokens is not null then 'measured' else found.evidence end
        as cache_read_evidence,
    case
        when coalesce(told.cache_write_5m_tokens, told.cache_write_1h_tokens) is not null
            then 'measured'
        else found.evidence
    end as cache_write_evidence,
    found.* exclude (
        request_key, deployment_id, stretch_at, evidence, input_tokens, output_tokens,
        cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens
    ),
from ledger.attributed as call
left join ledger.told_usage as told on call.request_key = told.request_key
left join ledger.calibrated as found on call.request_key = found.request_key
where
    call.reached_model
    and call.usage_day between getvariable('first_day') and getvariable('last_day')
