-- 1 row per resource and metric of an answer: whether it went well, and how many series it has.
select
    resource_id,
    lower(metric) as metric,
    error_code,
    len(series)::bigint as series,
from answer
