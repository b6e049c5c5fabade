-- 1 row per event of the category GatewayLlmLogs, typed as the row of its table is.
-- Only events say how much of a prompt was read from the cache.
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
                "correlationId": "varchar", "requestId": "varchar", "modelName": "varchar",
                "promptTokens": "varchar", "completionTokens": "varchar",
                "totalTokens": "varchar", "promptCachedTokens": "varchar",
                "sequenceNumber": "varchar"
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
            'request_id': p.requestId,
            'model_name': p.modelName,
            'prompt_tokens': try_cast(p.promptTokens as bigint),
            'completion_tokens': try_cast(p.completionTokens as bigint),
            'total_tokens': try_cast(p.totalTokens as bigint),
            'prompt_cached_tokens': try_cast(p.promptCachedTokens as bigint),
            'sequence_number': try_cast(p.sequenceNumber as integer),
            'region': o.location
        } as columns_of_row,
    from opened
)

select
    getvariable('load_id')::bigint as load_id,
    ingested_at,
    coalesce(own_item_id, md5(to_json(columns_of_row)::varchar)) as item_id,
    columns_of_row.*,
from typed
