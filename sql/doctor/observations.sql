-- 1 row per check of doctor that some request of the days asked for fails, and per count that checks
-- are shares of.
select
    "check",
    sum(requests)::bigint as count,
    min(since) as since,
    max(last) as last,
    flatten(list(examples order by usage_day) filter (where examples is not null))[1:3] as examples,
from observations
group by "check"
