-- 1 row per model and status: what its requests cost at list price, and what they would have cost. Low
-- and high are of as many tokens as they were and of as many as the other tokenizer might have counted.
with summed as (
    select
        llm_model_id,
        status,
        token_factor,
        count_if(not is_scaled) as requests,
        count(session_id) filter (where not is_scaled) as session_requests,
        sum(list_cost_usd) filter (where not is_scaled) as list_cost_usd,
        sum(replayed_cost_usd) filter (where not is_scaled) as replayed_cost_usd,
        sum(replayed_cost_usd) filter (where is_scaled) as scaled_cost_usd,
    from economics.replayed
    group by llm_model_id, status, token_factor
)

select
    llm_model.llm_model as model,
    summed.status,
    summed.requests::bigint as requests,
    summed.session_requests::bigint as session_requests,
    summed.list_cost_usd,
    summed.replayed_cost_usd,
    summed.replayed_cost_usd - summed.list_cost_usd as difference_usd,
    summed.token_factor,
    lesser(summed.replayed_cost_usd, summed.scaled_cost_usd) as replayed_low_usd,
    -lesser(-summed.replayed_cost_usd, -summed.scaled_cost_usd) as replayed_high_usd,
from summed
left join llm_models as llm_model on summed.llm_model_id = llm_model.llm_model_id
order by
    summed.status <> 'replayed',
    summed.list_cost_usd desc nulls last,
    model nulls last,
    summed.status
