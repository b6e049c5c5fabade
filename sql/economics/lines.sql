-- 1 row per row of daily, with the keys asked for and what its figures are told by.
select
    case when getvariable('by_unit') then booked.unit_id end as unit_id,
    case when getvariable('by_model') then booked.llm_model_id end as llm_model_id,
    case when getvariable('by_client') then booked.client_id end as client_id,
    booked.* exclude (unit_id, llm_model_id, client_id),
    llm_model.llm_model,
    tokenizer.generation,
    -- An application is nobody who uses it.
    booked.caller_id is not null and caller.kind is distinct from 'service_principal' as is_person,
    booked.cost_status = 'complete' as is_complete,
    booked.input_tokens + booked.cache_read_tokens + booked.cache_write_5m_tokens
    + booked.cache_write_1h_tokens as prompt_tokens,
from daily as booked
left join callers as caller on booked.caller_id = caller.caller_id
left join llm_models as llm_model on booked.llm_model_id = llm_model.llm_model_id
left join economics.tokenizers as tokenizer on llm_model.llm_model = tokenizer.model
