-- 1 row: whether anything was used in the days read.
select count(*) > 0
from daily
