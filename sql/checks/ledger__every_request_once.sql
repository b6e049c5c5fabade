-- fail: a gateway request that reached a model is missing from the ledger, or is in it twice.
-- Counted from raw in another way than the ledger is built: by CorrelationId text and item.
with reached as (
    select distinct
        coalesce(nullif(trim(correlation_id), ''), item_id) as correlation,
        time_generated
    from warehouse.raw.gateway_log
    where
        upper(method) = 'POST'
        and regexp_matches(url, '/v1/messages$')
        and backend_response_code = 200
        and time_generated::date between getvariable('first_day') and getvariable('last_day')
),

expected as (
    select
        time_generated::date as usage_day,
        count(*) as requests
    from reached
    group by usage_day
),

booked as (
    select
        charge.usage_day,
        count(*) as requests
    from ledger.charges as charge
    inner join ledger.attributed as call on charge.request_key = call.request_key
    where
        call.has_gateway_row
        and call.request_time is not null
        and call.is_messages_call
        and call.backend_response_code = 200
    group by charge.usage_day
),

doubled as (
    select usage_day
    from ledger.charges
    group by usage_day, request_key
    having count(*) > 1
)

select
    coalesce(expected.usage_day, booked.usage_day)::varchar as subject,
    format(
        '{} requests reached a model, {} are in the ledger',
        coalesce(expected.requests, 0), coalesce(booked.requests, 0)
    ) as finding,
from expected
full outer join booked on expected.usage_day = booked.usage_day
where coalesce(expected.requests, 0) <> coalesce(booked.requests, 0)
union all
select
    usage_day::varchar as subject,
    format('{} requests are in the ledger more than once', count(*)) as finding,
from doubled
group by usage_day
