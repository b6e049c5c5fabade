-- 1 row per point of the answers, typed; given twice, the larger value. A point without a value, and
-- one of value zero, say nothing that the load record of their window does not say.
with series as (
    select
        resource_id,
        namespace,
        metric,
        unnest(series) as one,
    from answer
),

named as (
    select
        * exclude (one),
        to_json(
            map_from_entries(
                list_sort(
                    list_transform(
                        list_filter(
                            coalesce(one.metadatavalues, []),
                            lambda pair: pair.name.value is not null and coalesce(pair.value, '') <> ''
                        ),
                        lambda pair: {'key': lower(pair.name.value), 'value': pair.value}
                    )
                )
            )
        )::varchar as dimensions,
        one.data as points,
    from series
),

points as (
    select
        * exclude (points),
        unnest(points) as point,
    from named
),

valued as (
    select
        * exclude (point),
        if(point.total is null, 'Average', 'Total') as aggregation,
        try_cast(point."timeStamp" as timestamptz)::timestamp as point_time,
        try_cast(coalesce(point.total, point.average) as decimal(28, 9)) as value,
    from points
)

select
    getvariable('load_id')::bigint as load_id,
    md5(
        concat_ws(
            '|', resource_id, lower(namespace), lower(metric), aggregation, point_time, dimensions
        )
    ) as item_id,
    getvariable('observed_at')::timestamp as ingested_at,
    resource_id,
    namespace,
    metric,
    aggregation,
    point_time,
    dimensions,
    value,
from valued
where value > 0 and point_time is not null
qualify row_number() over (partition by item_id order by value desc) = 1
