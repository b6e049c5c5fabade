-- 1 row per line of a recorded workspace that was left out.
select
    file,
    line,
    reason,
    occurrences,
from problems
order by file, line nulls last
