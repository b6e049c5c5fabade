-- 1 row per CorrelationId: several LLM rows of one model response collapse to one usage. Two
-- responses under one CorrelationId (a retry inside the gateway) were both billed, so they add up.
with collapsed as (
    select
        usage_key,
        any_value(has_correlation_id) as has_correlation_id,
        any_value(other_correlation_id) as other_correlation_id,
        min(response_key) as least_response,
        max(response_key) as greatest_response,
        min(row_time) as row_time,
        min(ingested_at) as ingested_at,
        max(input_tokens) filter (where is_counted) as input_tokens,
        max(output_tokens) filter (where is_counted) as output_tokens,
        bool_or(refused_counts) as refused_counts,
        arg_max(model_name, coalesce(output_tokens, 0)) as model_name,
    from ledger.usage_rows
    group by usage_key
),

several as (
    -- Nearly every key has one response, so only the others are told apart.
    select *
    from ledger.usage_rows
    where
        usage_key in (
            select usage_key
            from collapsed
            where least_response < greatest_response
        )
),

responses as (
    select
        usage_key,
        response,
        max(input_tokens) filter (where is_counted) as input_tokens,
        max(output_tokens) filter (where is_counted) as output_tokens,
        arg_max(model_name, coalesce(output_tokens, 0)) as model_name,
    from (
        select
            *,
            -- A row without a response id belongs to the first.
            coalesce(response_id, min(response_id) over (partition by usage_key)) as response,
        from several
    )
    group by usage_key, response
),

added as (
    select
        usage_key,
        count(*) as responses,
        sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens,
        arg_max(model_name, coalesce(output_tokens, 0)) as model_name,
    from responses
    group by usage_key
)

select
    collapsed.* exclude (least_response, greatest_response, model_name) replace (
        if(added.responses > 1, added.input_tokens, collapsed.input_tokens) as input_tokens,
        if(added.responses > 1, added.output_tokens, collapsed.output_tokens) as output_tokens
    ),
    collapsed.least_response is not null as has_response,
    coalesce(added.responses, (collapsed.least_response is not null)::integer) as responses,
    names.model_name,
    names.llm_model,
from collapsed
left join added using (usage_key)
left join ledger.llm_names as names
    on coalesce(added.model_name, collapsed.model_name) = names.model_name
