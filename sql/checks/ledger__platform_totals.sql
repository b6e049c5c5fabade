-- fail: users and labelled rows together have not exactly the tokens that the platform counted, per
-- stretch of a day and deployment. Counted from the metric points themselves. Where the log, or a
-- record of single requests, shows more than the platform counted, that much is booked.
with points as (
    select
        deployment.deployment_id,
        if(
            point.point_time::time < time '00:30:00',
            date_trunc('day', point.point_time),
            date_trunc('day', point.point_time) + interval 30 minute
        ) as stretch_at,
        sum(if(lower(point.metric) = 'inputtokens', point.value, 0)) as input,
        sum(if(lower(point.metric) = 'outputtokens', point.value, 0)) as output,
        sum(if(lower(point.metric) = 'cachereadinputtokens', point.value, 0)) as cache_read,
        sum(if(lower(point.metric) = 'ephemeral5minputtokens', point.value, 0)) as write_5m,
        sum(if(lower(point.metric) = 'ephemeral1hinputtokens', point.value, 0)) as write_1h,
    from warehouse.staging.metric_points as point
    inner join warehouse.dimension.deployments as deployment
        on
            point.deployment = deployment.deployment
            and lower(regexp_extract(point.resource_id, '([^/]+)/*$', 1)) = deployment.account
    where
        point.day_key between getvariable('first_day') and getvariable('last_day')
        and point.aggregation = 'Total'
        and point.value >= 0
        and exists (from ledger.cells)
    group by all
),

booked as (
    select
        deployment_id,
        stretch_at,
        sum(input_tokens) as input,
        sum(output_tokens) as output,
        sum(cache_read_tokens) as cache_read,
        sum(cache_write_5m_tokens) as write_5m,
        sum(cache_write_1h_tokens) as write_1h,
        sum(logged_input) as logged_input,
        sum(logged_output) as logged_output,
        bool_or(is_told) as is_told,
    from (
        select
            found.deployment_id,
            found.stretch_at,
            if(call.input_tokens >= 0, call.input_tokens, found.input_tokens) as input_tokens,
            if(call.output_tokens >= 0, call.output_tokens, found.output_tokens) as output_tokens,
            greatest(call.input_tokens, 0) as logged_input,
            greatest(call.output_tokens, 0) as logged_output,
            if(found.evidence = 'calibrated', found.cache_read_tokens, null) as cache_read_tokens,
            if(found.evidence = 'calibrated', found.cache_write_5m_tokens, null)
                as cache_write_5m_tokens,
            if(found.evidence = 'calibrated', found.cache_write_1h_tokens, null)
                as cache_write_1h_tokens,
            greatest(
                call.told_read_tokens, call.told_write_5m_tokens, call.told_write_1h_tokens
            ) >= 0 as is_told,
        from ledger.calibrated as found
        inner join ledger.traffic as call on found.request_key = call.request_key
        union all by name
        select
            deployment.deployment_id,
            cell.stretch_at,
            cell.outside_input_tokens as input_tokens,
            cell.outside_output_tokens as output_tokens,
            cell.outside_read_tokens + cell.pool_read_tokens as cache_read_tokens,
            cell.outside_write_5m_tokens + cell.pool_write_5m_tokens as cache_write_5m_tokens,
            cell.outside_write_1h_tokens + cell.pool_write_1h_tokens as cache_write_1h_tokens,
        from ledger.cells as cell
        inner join warehouse.dimension.deployments as deployment
            on
                cell.deployment = deployment.deployment
                and cell.account is not distinct from deployment.account
    )
    where stretch_at < getvariable('last_day') + 1
    group by all
)

select
    concat_ws(' ', stretch_at, 'deployment', deployment_id) as subject,
    format(
        'the platform counted {} / {} / {} / {} / {} tokens (input, output, reads, writes), booked are'
        || ' {} / {} / {} / {} / {}',
        points.input, points.output, points.cache_read, points.write_5m, points.write_1h,
        booked.input, booked.output, booked.cache_read, booked.write_5m, booked.write_1h
    ) as finding,
from points
full join booked using (deployment_id, stretch_at)
where
    coalesce(booked.input, 0) <> greatest(points.input, booked.logged_input, 0)
    or coalesce(booked.output, 0) <> greatest(points.output, booked.logged_output, 0)
    or coalesce(booked.cache_read, 0) < coalesce(points.cache_read, 0)
    or coalesce(booked.write_5m, 0) < coalesce(points.write_5m, 0)
    or coalesce(booked.write_1h, 0) < coalesce(points.write_1h, 0)
    or (
        not coalesce(booked.is_told, false)
        and (
            coalesce(booked.cache_read, 0) > coalesce(points.cache_read, 0)
            or coalesce(booked.write_5m, 0) > coalesce(points.write_5m, 0)
            or coalesce(booked.write_1h, 0) > coalesce(points.write_1h, 0)
        )
    )
