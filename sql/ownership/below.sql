-- 1 row per rule on whom people report to, person and span of time: that person stands at or below whom
-- the rule names. In a circle of managers nobody is met again beyond the levels of the rule.
with recursive below as (
    select
        rank,
        levels,
        value as oid,
        0 as level,
        valid_from,
        valid_to,
    from ownership.rules
    where attribute = 'reports_to'
    union
    select
        above.rank,
        above.levels,
        link.source_oid as oid,
        above.level + 1 as level,
        greatest(above.valid_from, link.valid_from) as valid_from,
        least(above.valid_to, link.valid_to) as valid_to,
    from below as above
    inner join ownership.links as link
        on
            above.oid = link.target_oid
            and link.kind = 'manager'
            and above.valid_from < link.valid_to
            and link.valid_from < above.valid_to
    where above.level < above.levels
)

select distinct
    rank,
    oid,
    valid_from,
    valid_to,
from below
