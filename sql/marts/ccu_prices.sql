-- 1 row per span of time: what a Claude Consumption Unit costs, as known now.
select *
from billing.ccu_prices
order by valid_from
