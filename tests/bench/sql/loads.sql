-- 1 row per source: the load that brought a stretch of requests.
select
    any_value(load_id) as load_id,
    source,
    'benchmark' as origin,
    min(moment) as window_start,
    max(moment) + interval 6 minute as window_end,
    count(*) as rows_received,
    count(*) as rows_new,
    max(moment) + interval 6 minute as landed_at,
from calls
cross join (select unnest(['gateway_log', 'llm_log']) as source) as sources
group by source
