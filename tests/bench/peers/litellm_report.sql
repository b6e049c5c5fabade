-- 1 row per day of the month: its customers, and of each what every model and key spent, as JSON.
with parts as (
    select
        date_trunc('day', "startTime") as day,
        end_user,
        model,
        api_key,
        count(*) as requests,
        sum(prompt_tokens) as input_tokens,
        sum(completion_tokens) as output_tokens,
        sum(spend) as spend
    from "LiteLLM_SpendLogs"
    where "startTime" >= timestamp '2026-10-01' and "startTime" < timestamp '2026-11-01'
    group by day, end_user, model, api_key
),

customers as (
    select
        day,
        end_user,
        sum(spend) as spend,
        jsonb_agg(
            jsonb_build_object(
                'model', model,
                'key', api_key,
                'requests', requests,
                'input_tokens', input_tokens,
                'output_tokens', output_tokens,
                'spend', spend
            )
        ) as parts
    from parts
    group by day, end_user
)

select
    day,
    jsonb_agg(jsonb_build_object('customer', end_user, 'spend', spend, 'parts', parts)) as customers
from customers
group by day
order by day
