-- 1 row per caller who had a request in the month while their account was disabled or deleted, and
-- since when it had been. The first and last requests of a client's day are those whose times are
-- known, so a request is only held against somebody that certainly was after they had left.
select
    used.caller_id,
    max(standing.valid_from) as left_at,
from client_versions as used
inner join standings as standing
    on
        used.caller_id = standing.caller_id
        and (standing.deleted or not standing.account_enabled)
        and (
            (standing.valid_from <= used.first_used_at and used.first_used_at < standing.valid_to)
            or (standing.valid_from <= used.last_used_at and used.last_used_at < standing.valid_to)
        )
where used.usage_day >= getvariable('month_from')::date
group by used.caller_id
