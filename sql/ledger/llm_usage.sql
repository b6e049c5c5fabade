-- 1 row per CorrelationId: several LLM rows of one model response collapse to one usage. Two
-- responses under one CorrelationId (a retry inside the gateway) were both billed, so they add up.
with collapsed as (
    select
        usage_key,
        any_value(correlation_id) as correlation_id,
        min(response_id) as first_response_id,
        max(response_id) as last_response_id,
        min(row_time) as row_time,
        min(ingested_at) as ingested_at,
        max(input_tokens) filter (where is_counted) as input_tokens,
        max(output_tokens) filter (where is_counted) as output_tokens,
        bool_or(refused_counts) as refused_counts,
        arg_max(model_name, coalesce(output_tokens, 0)) as model_name,
    from ledger.usage_rows
    group by usage_key
),

responses as (
    -- Nearly every key has one response, so only the others are told apart; a row without a response
    -- id belongs to the first.
    select
        usage_key,
        coalesce(line.response_id, collapsed.first_response_id) as response_id,
        max(line.input_tokens) filter (where line.is_counted) as input_tokens,
        max(line.output_tokens) filter (where line.is_counted) as output_tokens,
        arg_max(line.model_name, coalesce(line.output_tokens, 0)) as model_name,
    from ledger.usage_rows as line
    inner join collapsed using (usage_key)
    where collapsed.first_response_id < collapsed.last_response_id
    group by all
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
),

named as (
    select
        collapsed.* exclude (first_response_id, last_response_id) replace (
            if(added.responses > 1, added.input_tokens, collapsed.input_tokens) as input_tokens,
            if(added.responses > 1, added.output_tokens, collapsed.output_tokens) as output_tokens,
            coalesce(added.model_name, collapsed.model_name) as model_name
        ),
        collapsed.first_response_id is not null as has_response,
        coalesce(added.responses, (collapsed.first_response_id is not null)::integer) as responses,
    from collapsed
    left join added using (usage_key)
)

-- The price list's name of the model: the reviewed alias, else the name without its date.
select
    named.*,
    coalesce(spelling.model, undated.model, as_llm_model(named.model_name)) as llm_model,
from named
left join warehouse.seeds.models as spelling
    on lower(trim(named.model_name)) = spelling.model_name
left join warehouse.seeds.models as undated
    on as_llm_model(named.model_name) = undated.model_name
