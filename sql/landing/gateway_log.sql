-- 1 row per row of an answer to kql/gateway_log.kql, typed. `answer_row` has the projection's order.
select
    getvariable('load_id')::bigint as load_id,
    coalesce(try_cast(answer_row[1] as timestamptz)::timestamp, getvariable('window_start')::timestamp)
        as ingested_at,
    coalesce(nullif(answer_row[2], ''), md5(answer_row::varchar)) as item_id,
    answer_row[3] as resource_id,
    try_cast(answer_row[4] as timestamptz)::timestamp as time_generated,
    answer_row[5] as correlation_id,
    answer_row[6] as api_id,
    answer_row[7] as apim_subscription_id,
    answer_row[8] as method,
    regexp_replace(answer_row[9], '[?#].*$', '', 's') as url,
    answer_row[10] as caller_ip_address,
    try_cast(answer_row[11] as integer) as response_code,
    try_cast(answer_row[12] as integer) as backend_response_code,
    regexp_replace(answer_row[13], '[?#].*$', '', 's') as backend_url,
    try_cast(answer_row[14] as bigint) as request_size_bytes,
    try_cast(answer_row[15] as bigint) as response_size_bytes,
    try_cast(answer_row[16] as bigint) as total_time_ms,
    try_cast(answer_row[17] as bigint) as backend_time_ms,
    answer_row[18] as last_error_reason,
    answer_row[19] as last_error_source,
    answer_row[20] as region,
    without_credentials(answer_row[21]) as request_headers,
    without_credentials(answer_row[22]) as response_headers,
    without_credentials(answer_row[23]) as backend_request_headers,
    without_credentials(answer_row[24]) as trace_records
from answer
