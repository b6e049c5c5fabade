-- 1 row per price row that charges of this publication may name.
select
    * exclude (dearest_output_usd, dearest_uncached_usd, dearest_input_usd),
from ledger.prices
order by price_id
