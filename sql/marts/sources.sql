-- 1 row per source and origin: how far it was read, and how many rows it has brought.
select
    source,
    origin,
    max(coalesce(window_end, newest_at)) as high_water,
    sum(rows_new)::bigint as rows_landed,
    max(landed_at) as last_landed_at,
from warehouse.run.loads
group by source, origin
order by source, origin
