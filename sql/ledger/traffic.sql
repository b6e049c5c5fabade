-- 1 row per request of the window that reached a model, as the calibration takes it: ids, times in
-- microseconds, -1 where nothing tells a count. In order of conversation and start.
-- A conversation is a session where the client names one, else all that one caller's client asks one
-- deployment.
with shown as (
    select
        call.request_key,
        call.usage_time,
        epoch_us(call.usage_time) as started_us,
        epoch_us(call.usage_time) + 1000 * coalesce(call.total_time_ms, 0)::bigint as ended_us,
        coalesce(caller.caller_id, 0) as caller,
        coalesce(client.client_id, 0) as client,
        coalesce(llm_model.llm_model_id, 0) as model,
        coalesce(deployment.deployment_id, 0) as deployment,
        call.session_id,
        coalesce(call.request_size_bytes, 0) as size_bytes,
        coalesce(call.input_tokens, told.input_tokens, -1) as input_tokens,
        coalesce(call.output_tokens, told.output_tokens, -1) as output_tokens,
        coalesce(told.cache_read_tokens, -1) as told_read_tokens,
        coalesce(told.cache_write_5m_tokens, -1) as told_write_5m_tokens,
        coalesce(told.cache_write_1h_tokens, -1) as told_write_1h_tokens,
        coalesce(metered.reads_group, -1) as reads_group,
        coalesce(metered.requests, 0) as group_requests,
        coalesce(metered.cache_read_tokens, 0) as group_read_tokens,
    from ledger.attributed as call
    left join ledger.told_usage as told on call.request_key = told.request_key
    left join ledger.metered_reads as metered
        on call.request_key = metered.request_key and metered.requests > 1
    left join warehouse.directory.callers as caller on call.caller_oid = caller.oid::uuid
    left join warehouse.dimension.clients as client on call.client = client.client
    left join warehouse.dimension.llm_models as llm_model on call.llm_model = llm_model.llm_model
    left join warehouse.dimension.deployments as deployment
        on
            call.deployment = deployment.deployment
            and call.account is not distinct from deployment.account
    where call.reached_model
)

select
    * exclude (session_id),
    row_number() over (
        order by caller, client, deployment, session_id nulls first, started_us, request_key
    ) - 1 as row_number,
    dense_rank() over (order by caller, client, deployment, session_id nulls first) - 1
        as conversation,
from shown
