-- 1 row per resource and metric of the answers that are being landed, with its series.
with resources as (
    select unnest("values") as resource
    from read_json(
        getvariable('answer_file'),
        format = 'unstructured',
        records = true,
        columns = {
            'values': 'struct(
                resourceid varchar,
                namespace varchar,
                value struct(
                    name struct(value varchar),
                    "errorCode" varchar,
                    timeseries struct(
                        metadatavalues struct(name struct(value varchar), value varchar)[],
                        data struct("timeStamp" varchar, total varchar, average varchar)[]
                    )[]
                )[]
            )[]'
        },
        maximum_object_size = 67108864
    )
),

metrics as (
    select
        resource,
        unnest(resource.value) as metric,
    from resources
)

select
    coalesce(lower(resource.resourceid), '') as resource_id,
    coalesce(resource.namespace, '') as namespace,
    coalesce(metric.name.value, '') as metric,
    coalesce(metric."errorCode", 'Success') as error_code,
    coalesce(metric.timeseries, []) as series,
from metrics
