-- 1 row per source and origin that was ever asked by window.
select distinct
    source,
    origin,
from warehouse.run.loads
where window_start is not null
order by source, origin
