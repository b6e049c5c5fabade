-- 1 row per event of the category GatewayLogs, typed as the row of its table is.
with opened as (
    select
        seen_at,
        json_transform(
            object,
            '{
                "time": "varchar", "resourceId": "varchar", "correlationId": "varchar",
                "callerIpAddress": "varchar", "durationMs": "varchar", "location": "varchar"
            }'
        ) as o,
        json_transform(
            object -> 'properties',
            '{
                "correlationId": "varchar", "apiId": "varchar", "apimSubscriptionId": "varchar",
                "method": "varchar", "url": "varchar", "callerIpAddress": "varchar",
                "responseCode": "varchar", "backendResponseCode": "varchar",
                "backendUrl": "varchar", "requestSize": "varchar", "responseSize": "varchar",
                "totalTime": "varchar", "backendTime": "varchar", "requestHeaders": "varchar",
                "responseHeaders": "varchar", "backendRequestHeaders": "varchar",
                "traceRecords": "varchar",
                "lastError": {"reason": "varchar", "source": "varchar"}
            }'
        ) as p,
    from answer
),

typed as (
    select
        seen_at::timestamptz::timestamp as ingested_at,
        null::varchar as own_item_id,
        {
            'resource_id': o.resourceId,
            'time_generated': try_cast(o.time as timestamptz)::timestamp,
            'correlation_id': coalesce(nullif(o.correlationId, ''), p.correlationId),
            'api_id': p.apiId,
            'apim_subscription_id': p.apimSubscriptionId,
            'method': p.method,
            'url': regexp_replace(p.url, '[?#].*$', '', 's'),
            'caller_ip_address': coalesce(o.callerIpAddress, p.callerIpAddress),
            'response_code': try_cast(p.responseCode as integer),
            'backend_response_code': try_cast(p.backendResponseCode as integer),
            'backend_url': regexp_replace(p.backendUrl, '[?#].*$', '', 's'),
            'request_size_bytes': try_cast(p.requestSize as bigint),
            'response_size_bytes': try_cast(p.responseSize as bigint),
            'total_time_ms': try_cast(coalesce(o.durationMs, p.totalTime) as bigint),
            'backend_time_ms': try_cast(p.backendTime as bigint),
            'last_error_reason': p.lastError.reason,
            'last_error_source': p.lastError.source,
            'region': o.location,
            'request_headers': without_credentials(p.requestHeaders),
            'response_headers': without_credentials(p.responseHeaders),
            'backend_request_headers': without_credentials(p.backendRequestHeaders),
            'trace_records': without_credentials(p.traceRecords)
        } as columns_of_row,
    from opened
)

select
    getvariable('load_id')::bigint as load_id,
    ingested_at,
    coalesce(own_item_id, md5(to_json(columns_of_row)::varchar)) as item_id,
    columns_of_row.*,
from typed
