-- 1 row per usage day whose charges a move may change: from the moment on, for those who were seen
-- calling. A new name alone moves nothing.
with moved as (
    select count(*) as callers
    from changed
    semi join warehouse.directory.callers as caller on changed.oid = caller.oid
    where changed.moves and not changed.is_new
)

select distinct call.day_key
from warehouse.staging.gateway_requests as call
cross join moved
where moved.callers > 0 and call.day_key >= getvariable('moment')::date
