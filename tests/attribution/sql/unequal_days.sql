-- 1 row per deployment, day and metric of which the publication has other tokens than the metrics:
-- those of users, by the day on which their answers ended, and all labelled rows. A row without
-- deployment belongs to no metric, so its tokens are always too many.
with booked as (
    select
        deployment_id,
        usage_day as day,
        input_tokens,
        output_tokens,
        cache_read_tokens,
        cache_write_5m_tokens,
        cache_write_1h_tokens,
    from daily
    union all
    -- Answers that ended on the day after: added there, taken away here.
    select
        late.deployment_id,
        late.usage_time::date + shift.days as day,
        shift.sign * late.input_tokens as input_tokens,
        shift.sign * late.output_tokens as output_tokens,
        shift.sign * late.cache_read_tokens as cache_read_tokens,
        shift.sign * late.cache_write_5m_tokens as cache_write_5m_tokens,
        shift.sign * late.cache_write_1h_tokens as cache_write_1h_tokens,
    from ledger as late
    inner join requests as request on late.request_key = request.request_key
    cross join (values (0, -1), (1, 1)) as shift (days, sign)
    where
        (late.usage_time + to_milliseconds(request.total_time_ms))::date = late.usage_time::date + 1
),

summed as (
    select
        place.deployment,
        booked.day,
        coalesce(sum(booked.input_tokens), 0)::bigint as "InputTokens",
        coalesce(sum(booked.output_tokens), 0)::bigint as "OutputTokens",
        coalesce(sum(booked.cache_read_tokens), 0)::bigint as "cacheReadInputTokens",
        coalesce(sum(booked.cache_write_5m_tokens), 0)::bigint as "ephemeral5mInputTokens",
        coalesce(sum(booked.cache_write_1h_tokens), 0)::bigint as "ephemeral1hInputTokens",
    from booked
    left join deployments as known on booked.deployment_id = known.deployment_id
    left join tenant_deployments as place on known.deployment = place.name
    group by place.deployment, booked.day
),

published as (
    unpivot summed
    on columns(* exclude (deployment, day))
    into name metric value tokens
),

counted as (
    select
        deployment,
        minute::date as day,
        metric,
        sum(value)::bigint as tokens,
    from tenant_points
    where status is null
    group by all
)

select
    coalesce(published.deployment, counted.deployment) as deployment,
    coalesce(published.day, counted.day) as day,
    coalesce(published.metric, counted.metric) as metric,
    coalesce(published.tokens, 0) as booked_tokens,
    coalesce(counted.tokens, 0) as counted_tokens,
from published
full outer join counted using (deployment, day, metric)
where coalesce(published.tokens, 0) <> coalesce(counted.tokens, 0)
order by all
