-- 1 row per distinct gateway row of this landing, parsed. Joins start later, in the ledger.
with landed as (
    select *
    from landed_rows
    qualify row_number() over (partition by item_id order by ingested_at) = 1
),

opened as (
    select
        *,
        header_entries(request_headers) as client_side,
        header_entries(backend_request_headers) as backend_side,
        header_entries(response_headers) as response_side,
        trace_entries(trace_records) as trace_side,
    from landed
),

named as (
    select
        *,
        entry(client_side, 'x-caller-oid') as client_oid_text,
        entry(backend_side, 'x-caller-oid') as backend_oid_text,
        entry(response_side, 'x-caller-oid') as response_oid_text,
        entry(trace_side, 'oid') as trace_oid_text,
        list_filter(
            list_transform(
                list_concat(
                    coalesce(client_side, []), coalesce(backend_side, []),
                    coalesce(response_side, []), coalesce(trace_side, [])
                ),
                lambda e: lower(e.key)
            ),
            lambda name: is_credential(name)
        ) as credential_names,
    from opened
)

select
    load_id,
    item_id,
    ingested_at,
    time_generated as request_time,
    nullif(trim(correlation_id), '') as correlation_id,
    api_id,
    nullif(apim_subscription_id, '') as apim_subscription_id,
    upper(method) as method,
    regexp_replace(url, '^[a-zA-Z]+://[^/]*', '') as url_path,
    nullif(caller_ip_address, '') as caller_ip_address,
    response_code,
    nullif(backend_response_code, 0) as backend_response_code,
    nullif(lower(regexp_extract(backend_url, '^[a-zA-Z]+://([^/:]+)', 1)), '') as backend_host,
    case when request_size_bytes > 0 then request_size_bytes end as request_size_bytes,
    case when response_size_bytes >= 0 then response_size_bytes end as response_size_bytes,
    case when total_time_ms >= 0 then total_time_ms end as total_time_ms,
    case when backend_time_ms >= 0 then backend_time_ms end as backend_time_ms,
    nullif(last_error_reason, '') as last_error_reason,
    nullif(last_error_source, '') as last_error_source,
    left(entry(response_side, 'x-denied-by'), 100) as denied_by,
    region,
    resource_id,
    left(entry(client_side, 'user-agent'), 300) as user_agent,
    left(entry(client_side, 'x-claude-code-session-id'), 100) as session_id,
    as_oid(client_oid_text) as client_oid,
    as_oid(backend_oid_text) as backend_oid,
    as_oid(response_oid_text) as response_oid,
    as_oid(trace_oid_text) as trace_oid,
    left(entry(client_side, 'x-llm-deployment'), 100) as client_deployment,
    left(entry(backend_side, 'x-llm-deployment'), 100) as backend_deployment,
    left(entry(response_side, 'x-llm-deployment'), 100) as response_deployment,
    left(entry(trace_side, 'deployment'), 100) as trace_deployment,
    lower(left(entry(client_side, 'x-llm-speed'), 20)) as client_speed,
    lower(left(entry(backend_side, 'x-llm-speed'), 20)) as backend_speed,
    lower(left(entry(response_side, 'x-llm-speed'), 20)) as response_speed,
    lower(left(entry(trace_side, 'speed'), 20)) as trace_speed,
    lower(left(entry(trace_side, 'user_authorization_forwarded'), 10))
        as trace_user_authorization_forwarded,
    lower(left(entry(trace_side, 'credential_kind'), 30)) as trace_credential_kind,
    case
        when len(credential_names) > 0
            then array_to_string(list_sort(list_distinct(credential_names)), ',')
        -- What landing took out of a longer text, or could not look into.
        when was_scrubbed(request_headers) or was_scrubbed(response_headers)
            or was_scrubbed(backend_request_headers) or was_scrubbed(trace_records)
            then 'inside a value'
    end as credential_headers,
    (backend_oid_text is not null and as_oid(backend_oid_text) is null)
    or (response_oid_text is not null and as_oid(response_oid_text) is null)
    or (trace_oid_text is not null and as_oid(trace_oid_text) is null) as malformed_oid,
    (nullif(request_headers, '') is not null and client_side is null)
    or (nullif(response_headers, '') is not null and response_side is null)
    or (nullif(backend_request_headers, '') is not null and backend_side is null) as malformed_headers,
    coalesce(time_generated, ingested_at)::date as day_key
from named
where
    not exists (
        select 1
        from warehouse.staging.gateway_requests as known
        where
            known.item_id = named.item_id
            and known.day_key = coalesce(named.time_generated, named.ingested_at)::date
    )
