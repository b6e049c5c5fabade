-- 1 row per exported row of ApiManagementGatewayLlmLog, typed. A row without an
-- item_id of its own has that of its values, so that it is the same row in whatever file it comes.
with opened as (
    select
        seen_at,
        json_transform(
            object,
            '{
                "_ItemId": "varchar", "_ResourceId": "varchar", "TimeGenerated": "varchar",
                "CorrelationId": "varchar", "RequestId": "varchar", "ModelName": "varchar",
                "PromptTokens": "varchar", "CompletionTokens": "varchar",
                "TotalTokens": "varchar", "SequenceNumber": "varchar", "Region": "varchar"
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
            'request_id': o.RequestId,
            'model_name': o.ModelName,
            'prompt_tokens': try_cast(o.PromptTokens as bigint),
            'completion_tokens': try_cast(o.CompletionTokens as bigint),
            'total_tokens': try_cast(o.TotalTokens as bigint),
            'prompt_cached_tokens': null::bigint,
            'sequence_number': try_cast(o.SequenceNumber as integer),
            'region': o.Region
        } as columns_of_row,
    from opened
)

select
    getvariable('load_id')::bigint as load_id,
    ingested_at,
    coalesce(own_item_id, md5(to_json(columns_of_row)::varchar)) as item_id,
    columns_of_row.*,
from typed
