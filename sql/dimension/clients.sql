-- 1 row per value not seen before, with the next ids in the order of the values.
select
    (
        coalesce((select max(client_id) from warehouse.dimension.clients), 0)
        + row_number() over (order by client)
    )::smallint as client_id,
    client,
from (
    select distinct client from ledger.attributed where client is not null
)
where client not in (select client from warehouse.dimension.clients)
