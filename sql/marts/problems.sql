-- 1 row per line of a recorded workspace that could not be read, with its file and reason.
select *
from warehouse.run.problems
order by file, line
