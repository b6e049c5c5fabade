-- 1 row per day on whose edge rows of one load lie, and which therefore may change the day beside them:
-- requests of the last hour and a quarter may leave something in the cache for the next day, and what
-- is counted until a little after half past midnight may have begun on the day before.
with moments as (
    select coalesce(request_time, ingested_at) as moment
    from warehouse.staging.gateway_requests
    where load_id = getvariable('load_id')
    union all
    select coalesce(row_time, ingested_at) as moment
    from warehouse.staging.llm_rows
    where load_id = getvariable('load_id')
    union all
    select coalesce(record_time, ingested_at) as moment
    from warehouse.staging.usage_records
    where load_id = getvariable('load_id')
    union all
    select coalesce(trace_time, ingested_at) as moment
    from warehouse.staging.caller_traces
    where load_id = getvariable('load_id')
    union all
    select coalesce(time_generated, ingested_at) as moment
    from warehouse.raw.app_metrics
    where load_id = getvariable('load_id')
    union all
    select point_time as moment
    from warehouse.staging.metric_points
    where load_id = getvariable('load_id')
)

select distinct moment::date - 1 as usage_day
from moments
where moment::time < time '00:40:00'
union
select distinct moment::date + 1 as usage_day
from moments
where moment::time >= time '22:40:00'
