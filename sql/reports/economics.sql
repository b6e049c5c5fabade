-- 1 row per combination of the keys asked for, and label, of a month, beside the same row of the month
-- before, NULL where nothing of that is published. Keys not asked for are NULL throughout.
select
    unit.unit,
    llm_model.llm_model as model,
    client.client,
    now.label,
    now.tokenizer_generation,
    now.mixes_tokenizers,
    now.cost_status,
    getvariable('days')::integer as days,
    now.active_users::integer as active_users,
    now.requests::bigint as requests,
    now.sessions::bigint as sessions,
    now.session_requests::bigint as session_requests,
    now.list_cost_usd,
    now.contracted_cost_usd,
    now.cost_per_active_user_usd,
    now.cost_per_request_usd,
    now.cost_per_session_usd,
    now.input_per_million_usd,
    now.output_per_million_usd,
    now.cache_read_per_million_usd,
    now.cache_write_5m_per_million_usd,
    now.cache_write_1h_per_million_usd,
    now.tokens_per_request,
    now.cache_read_share,
    now.uncached_list_cost_usd,
    now.cache_saved_usd,
    now.expired_cache_cost_usd,
    now.measured_share,
    now.calibrated_share,
    getvariable('previous_days')::integer as previous_days,
    before.list_cost_usd as previous_list_cost_usd,
    now.list_cost_usd - before.list_cost_usd as list_cost_change_usd,
    before.cost_per_active_user_usd as previous_cost_per_active_user_usd,
    now.cost_per_active_user_usd - before.cost_per_active_user_usd
        as cost_per_active_user_change_usd,
    before.cost_per_request_usd as previous_cost_per_request_usd,
    now.cost_per_request_usd - before.cost_per_request_usd as cost_per_request_change_usd,
from economics.figures as now
left join economics.previous as before
    on
        now.unit_id is not distinct from before.unit_id
        and now.llm_model_id is not distinct from before.llm_model_id
        and now.client_id is not distinct from before.client_id
        and now.label = before.label
left join units as unit on now.unit_id = unit.unit_id
left join llm_models as llm_model on now.llm_model_id = llm_model.llm_model_id
left join clients as client on now.client_id = client.client_id
order by
    now.label <> '',
    now.list_cost_usd desc nulls last,
    unit.unit nulls last,
    model nulls last,
    client.client nulls last,
    now.label
