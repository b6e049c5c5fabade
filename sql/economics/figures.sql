-- 1 row per combination of the keys asked for, and label, of one month. What only single requests tell
-- is NULL where some of them are not kept any more, or were never in the log.
with summed as (
    select
        unit_id,
        llm_model_id,
        client_id,
        label,
        case
            when min(generation) = max(generation) and count(generation) = count(llm_model)
                then min(generation)
        end as tokenizer_generation,
        count(distinct generation) > 1 as mixes_tokenizers,
        case
            when bool_and(is_complete) then 'complete'
            when bool_and(cost_status = 'unpriced') then 'unpriced'
            else 'partial'
        end as cost_status,
        count(distinct caller_id) filter (where is_person) as active_users,
        sum(requests) as requests,
        sum(requests) filter (where list_cost_usd is not null) as costed_requests,
        sum(list_cost_usd) as list_cost_usd,
        sum(contracted_cost_usd) as contracted_cost_usd,
        sum(contracted_cost_usd) filter (where is_person) as cost_of_people_usd,
        sum(requests) filter (where is_complete) as complete_requests,
        sum(prompt_tokens + output_tokens) filter (where is_complete) as tokens,
        sum(prompt_tokens) filter (where is_complete) as prompt_tokens,
        sum(cache_read_tokens) filter (where is_complete) as read_tokens,
        share_of(sum(measured_cost_usd), sum(list_cost_usd)) as measured_share,
        share_of(sum(calibrated_cost_usd), sum(list_cost_usd)) as calibrated_share,
    from economics.lines
    group by unit_id, llm_model_id, client_id, label
)

select
    summed.* exclude (
        cost_of_people_usd, costed_requests, complete_requests, tokens, prompt_tokens, read_tokens
    ),
    nullif(seen.sessions, 0) as sessions,
    seen.session_requests,
    cost_each_usd(cost_of_people_usd, active_users) as cost_per_active_user_usd,
    cost_each_usd(contracted_cost_usd, costed_requests) as cost_per_request_usd,
    cost_each_usd(seen.session_cost_usd, seen.sessions) as cost_per_session_usd,
    per_million_usd(paid.input_cost_usd, paid.input_tokens) as input_per_million_usd,
    per_million_usd(paid.output_cost_usd, paid.output_tokens) as output_per_million_usd,
    per_million_usd(paid.read_cost_usd, paid.cache_read_tokens) as cache_read_per_million_usd,
    per_million_usd(paid.write_5m_cost_usd, paid.cache_write_5m_tokens)
        as cache_write_5m_per_million_usd,
    per_million_usd(paid.write_1h_cost_usd, paid.cache_write_1h_tokens)
        as cache_write_1h_per_million_usd,
    tenths_each(tokens, complete_requests) as tokens_per_request,
    share_of(read_tokens, prompt_tokens) as cache_read_share,
    list_cost_usd + seen.cache_saved_usd as uncached_list_cost_usd,
    seen.cache_saved_usd,
    seen.expired_cache_cost_usd,
from summed
left join economics.seen as seen
    on
        summed.unit_id is not distinct from seen.unit_id
        and summed.llm_model_id is not distinct from seen.llm_model_id
        and summed.client_id is not distinct from seen.client_id
        and summed.label = seen.label
        and summed.requests = seen.requests
left join economics.paid as paid
    on
        seen.unit_id is not distinct from paid.unit_id
        and seen.llm_model_id is not distinct from paid.llm_model_id
        and seen.client_id is not distinct from paid.client_id
        and seen.label = paid.label
