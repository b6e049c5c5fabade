-- 1 row per gateway request near the window. The day on either side is read too, because a request
-- that starts before midnight may be logged by the model side after it. Where rows of one request
-- contradict each other, one that reached a model counts: the others may be attempts before it.
select
    *,
    row_number() over (
        partition by coalesce(correlation_id, item_id)
        order by request_time nulls last, ingested_at, item_id
    ) as call_number,
from (
    select *
    from warehouse.staging.gateway_requests
    where
        day_key between getvariable('first_day') - 1 and getvariable('last_day') + 1
        or request_time is null
    qualify
        row_number() over (
            partition by coalesce(correlation_id, item_id), request_time
            order by
                coalesce(
                    method = 'POST'
                    and ends_with(url_path, '/v1/messages')
                    and backend_response_code = 200,
                    false
                ) desc,
                ingested_at,
                item_id
        ) = 1
)
