-- 1 row per key that several gateway rows near the window share: nearly none.
select call_key
from ledger.near_calls
group by call_key
having count(*) > 1
