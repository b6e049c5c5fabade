-- 1 row per source and origin: how far it was read, and how many rows it has brought.
select
    mark.source,
    mark.origin,
    mark.high_water,
    coalesce(sum(load.rows_new), 0)::bigint as rows_landed,
    max(load.landed_at) as last_landed_at,
from warehouse.run.watermarks as mark
left join warehouse.run.loads as load
    on mark.source = load.source and mark.origin = load.origin
group by mark.source, mark.origin, mark.high_water
order by mark.source, mark.origin
