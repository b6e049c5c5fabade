-- 1 row per distinct caller trace of this landing, parsed.
with landed as (
    select
        *,
        header_entries(properties) as entries,
    from landed_rows
    qualify row_number() over (partition by item_id order by ingested_at) = 1
)

select
    load_id,
    item_id,
    ingested_at,
    time_generated as trace_time,
    entry(entries, 'request_id') as correlation_id,
    as_oid(entry(entries, 'oid')) as oid,
    left(entry(entries, 'deployment'), 100) as deployment,
    lower(left(entry(entries, 'speed'), 20)) as speed,
    lower(left(entry(entries, 'user_authorization_forwarded'), 10)) as user_authorization_forwarded,
    lower(left(entry(entries, 'credential_kind'), 30)) as credential_kind,
    entry(entries, 'oid') is not null and as_oid(entry(entries, 'oid')) is null as malformed_oid,
    coalesce(time_generated, ingested_at)::date as day_key
from landed
where
    not exists (
        select 1
        from warehouse.staging.caller_traces as known
        where
            known.item_id = landed.item_id
            and known.day_key = coalesce(landed.time_generated, landed.ingested_at)::date
    )
