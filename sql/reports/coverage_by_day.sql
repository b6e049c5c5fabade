-- 1 row per usage day: how much of the traffic is known, by which evidence, and how long the rows
-- that still lack their other half have been waiting for it.
with waiting as (
    select
        usage_time::date as usage_day,
        not has_llm_row as lacks_usage_row,
        not has_gateway_row as lacks_gateway_row,
        ingested_at,
        date_diff('hour', ingested_at, getvariable('published_at')) as age_hours,
    from requests
    where reached_model and (not has_llm_row or not has_gateway_row)
),

waiting_by_day as (
    select
        usage_day,
        count_if(lacks_usage_row and age_hours < 24) as young_without_usage_row,
        count_if(lacks_gateway_row and age_hours < 24) as young_without_gateway_row,
        min(ingested_at) as oldest_unmatched_at,
        max(age_hours) as oldest_unmatched_hours,
    from waiting
    group by usage_day
)

select
    strftime(known.usage_day, '%Y-%m-%d') as day,
    known.gateway_requests,
    known.reached_model as requests,
    known.by_backend_header,
    known.by_response_header,
    known.by_trace,
    known.by_subscription,
    known.without_caller,
    known.without_usage_row,
    coalesce(waiting_by_day.young_without_usage_row, 0)::integer as without_usage_row_under_a_day,
    known.without_gateway_row,
    coalesce(waiting_by_day.young_without_gateway_row, 0)::integer
        as without_gateway_row_under_a_day,
    waiting_by_day.oldest_unmatched_at,
    waiting_by_day.oldest_unmatched_hours,
    known.unjoinable_usage,
    known.without_deployment,
    known.caller_conflicts,
    known.malformed_oids,
    known.malformed_headers,
    known.refused_counts,
    known.without_time,
    known.unauthorized,
    known.forbidden,
    known.throttled,
from coverage as known
left join waiting_by_day on known.usage_day = waiting_by_day.usage_day
order by day
