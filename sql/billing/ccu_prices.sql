-- 1 row per span of time: what a Claude Consumption Unit costs, as known now.
select
    ccu_price_usd,
    valid_from,
    valid_to,
    recorded_from,
    source,
    link,
    reviewer,
from warehouse.seeds.ccu_prices
where recorded_from <= getvariable('known_at') and getvariable('known_at') < recorded_to
