-- 1 row: until when the gateway's two logs were read, from the query API or from exports; the
-- earliest of all their origins.
with reached as (
    select max(coalesce(window_end, newest_at)) as high_water
    from warehouse.run.loads
    where source in ('gateway_log', 'llm_log')
    group by source, origin
)

select min(high_water) as data_until
from reached
