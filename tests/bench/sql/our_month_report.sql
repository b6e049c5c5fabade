-- 1 row per day of the month: its callers, and of each what every model and client spent, as JSON.
with parts as (
    select
        daily.usage_day,
        daily.caller_id,
        daily.llm_model_id,
        daily.client_id,
        sum(daily.requests)::bigint as requests,
        sum(daily.input_tokens)::bigint as input_tokens,
        sum(daily.output_tokens)::bigint as output_tokens,
        sum(daily.list_cost_usd) as spend_usd,
    from daily
    group by daily.usage_day, daily.caller_id, daily.llm_model_id, daily.client_id
),

customers as (
    select
        parts.usage_day,
        parts.caller_id,
        coalesce(sum(parts.spend_usd), 0) as spend_usd,
        -- As text from here on: nested lists of structs are copied once more at every level.
        string_agg(
            json_object(
                'model', llm_model.llm_model,
                'client', client.client,
                'requests', parts.requests,
                'input_tokens', parts.input_tokens,
                'output_tokens', parts.output_tokens,
                'spend_usd', parts.spend_usd::varchar
            )::varchar,
            ','
        ) as parts,
    from parts
    left join llm_models as llm_model on parts.llm_model_id = llm_model.llm_model_id
    left join clients as client on parts.client_id = client.client_id
    group by parts.usage_day, parts.caller_id
)

select
    customers.usage_day,
    '['
    || string_agg(
        '{"caller":' || to_json(caller.oid) || ',"spend_usd":"' || customers.spend_usd
        || '","parts":[' || customers.parts || ']}',
        ','
    )
    || ']' as customers,
from customers
left join callers as caller on customers.caller_id = caller.caller_id
group by customers.usage_day
order by customers.usage_day
