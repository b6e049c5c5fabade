-- fail: users and labelled rows together have not exactly the tokens that the platform counted, per
-- stretch of a day and deployment. Counted from the metric points themselves. Where the log, or a
-- record of single requests, shows more than the platform counted, that much is booked.
select
    concat_ws(' ', stretch_at, 'deployment', deployment_id) as subject,
    format(
        'the platform counted {} / {} / {} / {} / {} tokens (input, output, reads, writes), booked are'
        || ' {} / {} / {} / {} / {}',
        points.input, points.output, points.cache_read, points.write_5m, points.write_1h,
        booked.input, booked.output, booked.cache_read, booked.write_5m, booked.write_1h
    ) as finding,
from ledger.counted_stretches as points
full join ledger.booked_stretches as booked using (deployment_id, stretch_at)
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
