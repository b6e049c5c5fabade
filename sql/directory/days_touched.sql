-- 1 row per usage day whose charges a directory change may move: those of callers it is about.
with touched as (
    select min(coalesce(known_from, getvariable('always')))::date as first_day
    from changed
    semi join warehouse.directory.callers as caller on changed.oid = caller.oid
)

select distinct call.day_key
from warehouse.staging.gateway_requests as call
cross join touched
where call.day_key >= touched.first_day
