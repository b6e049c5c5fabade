-- 1 row per exported row of ApiManagementGatewayLogs, typed. A row without an
-- item_id of its own has that of its values, so that it is the same row in whatever file it comes.
with opened as (
    select
        seen_at,
        json_transform(
            object,
            '{
                "_ItemId": "varchar", "_ResourceId": "varchar", "TimeGenerated": "varchar",
                "CorrelationId": "varchar", "ApiId": "varchar", "ApimSubscriptionId": "varchar",
                "Method": "varchar", "Url": "varchar", "CallerIpAddress": "varchar",
                "ResponseCode": "varchar", "BackendResponseCode": "varchar",
                "BackendUrl": "varchar", "RequestSize": "varchar", "ResponseSize": "varchar",
                "TotalTime": "varchar", "BackendTime": "varchar", "LastErrorReason": "varchar",
                "LastErrorSource": "varchar", "Region": "varchar", "RequestHeaders": "varchar",
                "ResponseHeaders": "varchar", "BackendRequestHeaders": "varchar",
                "TraceRecords": "varchar"
            }'
        ) as o,
    from answer
),

typed as (
    select
        seen_at::timestamptz::timestamp as ingested_at,
        nullif(o._ItemId, '') as own_item_id,
        {
            'resource_id': o._ResourceId,
            'time_generated': try_cast(o.TimeGenerated as timestamptz)::timestamp,
            'correlation_id': o.CorrelationId,
            'api_id': o.ApiId,
            'apim_subscription_id': o.ApimSubscriptionId,
            'method': o.Method,
            'url': regexp_replace(o.Url, '[?#].*$', '', 's'),
            'caller_ip_address': o.CallerIpAddress,
            'response_code': try_cast(o.ResponseCode as integer),
            'backend_response_code': try_cast(o.BackendResponseCode as integer),
            'backend_url': regexp_replace(o.BackendUrl, '[?#].*$', '', 's'),
            'request_size_bytes': try_cast(o.RequestSize as bigint),
            'response_size_bytes': try_cast(o.ResponseSize as bigint),
            'total_time_ms': try_cast(o.TotalTime as bigint),
            'backend_time_ms': try_cast(o.BackendTime as bigint),
            'last_error_reason': o.LastErrorReason,
            'last_error_source': o.LastErrorSource,
            'region': o.Region,
            'request_headers': without_credentials(o.RequestHeaders),
            'response_headers': without_credentials(o.ResponseHeaders),
            'backend_request_headers': without_credentials(o.BackendRequestHeaders),
            'trace_records': without_credentials(o.TraceRecords)
        } as columns_of_row,
    from opened
)

select
    getvariable('load_id')::bigint as load_id,
    ingested_at,
    coalesce(own_item_id, md5(to_json(columns_of_row)::varchar)) as item_id,
    columns_of_row.*,
from typed
