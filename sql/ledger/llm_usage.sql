-- 1 row per CorrelationId: several LLM rows of one model response collapse to one usage. Two
-- responses under one CorrelationId (a retry inside the gateway) were both billed, so they add up.
with near as (
    select
        *,
        coalesce(correlation_id, item_id) as usage_key,
    from warehouse.staging.llm_rows
    where
        day_key between getvariable('first_day') - 1 and getvariable('last_day') + 1
        or correlation_id in (
            select correlation_id
            from ledger.gateway_calls
            where request_time is null
        )
),

responses as (
    select
        usage_key,
        any_value(correlation_id) as correlation_id,
        coalesce(response_id, first_response_id) as response_id,
        min(row_time) as row_time,
        min(ingested_at) as ingested_at,
        max(input_tokens) filter (where is_counted) as input_tokens,
        max(output_tokens) filter (where is_counted) as output_tokens,
        bool_or(refused_counts) as refused_counts,
        arg_max(model_name, coalesce(output_tokens, 0)) as model_name,
        list(
            {
                'item_id': item_id,
                'row_time': row_time,
                'ingested_at': ingested_at,
                'sequence_number': sequence_number,
                'response_id': response_id,
                'model_name': model_name,
                'input_tokens': input_tokens,
                'output_tokens': output_tokens,
                'refused_counts': refused_counts
            }
            order by sequence_number, item_id
        ) as llm_rows,
    from (
        select
            *,
            min(response_id) over (partition by usage_key) as first_response_id,
            -- Pieces of long messages carry zeros; only rows that count something are usage.
            refused_counts
            or coalesce(input_tokens > 0, false)
            or coalesce(output_tokens > 0, false) as is_counted,
        from near
    )
    group by usage_key, coalesce(response_id, first_response_id)
),

collapsed as (
    select
        usage_key,
        any_value(correlation_id) as correlation_id,
        bool_or(response_id is not null) as has_response,
        count(response_id) as responses,
        min(row_time) as row_time,
        min(ingested_at) as ingested_at,
        sum(input_tokens)::bigint as input_tokens,
        sum(output_tokens)::bigint as output_tokens,
        bool_or(refused_counts) as refused_counts,
        arg_max(model_name, coalesce(output_tokens, 0)) as model_name,
        flatten(list(llm_rows order by response_id)) as llm_rows,
    from responses
    group by usage_key
)

-- The price list's name of the model: the reviewed alias, else the name without its date.
select
    collapsed.*,
    coalesce(spelling.model, undated.model, as_llm_model(collapsed.model_name)) as llm_model,
from collapsed
left join warehouse.seeds.models as spelling
    on lower(trim(collapsed.model_name)) = spelling.model_name
left join warehouse.seeds.models as undated
    on as_llm_model(collapsed.model_name) = undated.model_name
