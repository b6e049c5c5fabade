-- 1 row per usage day, subscription and snapshot that speaks of it: when the snapshot was made, and
-- whether the day's bill was complete by then. An answer of the query API speaks for its whole scope.
with spans as (
    select
        snapshots.*,
        least(loads.window_start::date, first_row) as first_day,
        -- A file without a period speaks of nothing after its last row.
        case
            when loads.window_end is null then last_row
            else greatest(last_row, least(loads.window_end::date - 1, made_at::date))
        end as last_day,
    from billing.snapshots as snapshots
    inner join warehouse.run.loads as loads on snapshots.snapshot = loads.load_id::varchar
),

answers as (
    select
        origin,
        window_start::date as first_day,
        window_end::date - 1 as last_day,
        max(landed_at) as made_at,
    from warehouse.run.loads
    where source = 'cost_totals' and window_start is not null
    group by origin, window_start, window_end
),

covered as (
    select
        source,
        snapshot,
        subscription,
        made_at,
        invoiced_to,
        unnest(generate_series(first_day, last_day, interval 1 day))::date as usage_day,
    from spans
    union all by name
    select
        'cost_totals' as source,
        origin as snapshot,
        '' as subscription,
        made_at,
        unnest(generate_series(first_day, last_day, interval 1 day))::date as usage_day,
    from answers
)

select
    usage_day,
    source,
    snapshot,
    subscription,
    max(made_at) as made_at,
    bool_or(
        usage_day <= coalesce(invoiced_to, '-infinity')
        or made_at >= usage_day + interval 1 day + to_hours(getvariable('settles_after_hours'))
    ) as is_settled,
from covered
group by usage_day, source, snapshot, subscription
