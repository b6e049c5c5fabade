-- 1 row per caller and span of time in which their account was alike: enabled or not, deleted or not, as
-- known now. Nothing is said of the time before somebody was first seen disabled or deleted.
with known as (
    select
        caller.caller_id,
        principal.oid,
        principal.account_enabled,
        principal.deleted,
        principal.deleted_at,
        principal.valid_from,
        principal.valid_to,
        lag(principal.oid) over same_caller is null
        or (principal.account_enabled, principal.deleted) is distinct from (
            lag(principal.account_enabled) over same_caller, lag(principal.deleted) over same_caller
        ) as is_change,
    from warehouse.directory.principals as principal
    inner join warehouse.directory.callers as caller on principal.oid = caller.oid
    where
        principal.recorded_from <= getvariable('known_at')
        and getvariable('known_at') < principal.recorded_to
    window same_caller as (partition by principal.oid order by principal.valid_from)
),

stretches as (
    select
        *,
        count_if(is_change) over (partition by oid order by valid_from) as stretch,
    from known
),

spans as (
    select
        caller_id,
        oid,
        any_value(account_enabled) as account_enabled,
        any_value(deleted) as deleted,
        min(deleted_at) as deleted_at,
        min(valid_from) as valid_from,
        max(valid_to) as valid_to,
    from stretches
    group by caller_id, oid, stretch
),

first_seen as (
    select
        oid,
        min(recorded_from) as seen_at,
    from warehouse.directory.principals
    group by oid
),

begun as (
    select
        spans.* exclude (valid_from),
        case
            -- Graph says when somebody was deleted; the directory was read some time after.
            when
                spans.deleted
                and lag(spans.valid_from) over same_caller < spans.deleted_at
                then least(spans.valid_from, spans.deleted_at)
            when
                lag(spans.oid) over same_caller is null
                and (spans.deleted or not spans.account_enabled)
                then greatest(spans.valid_from, coalesce(spans.deleted_at, first_seen.seen_at))
            else spans.valid_from
        end as valid_from,
    from spans
    inner join first_seen on spans.oid = first_seen.oid
    window same_caller as (partition by spans.oid order by spans.valid_from)
)

select
    caller_id,
    account_enabled,
    deleted,
    deleted_at,
    valid_from,
    least(valid_to, lead(valid_from) over (partition by oid order by valid_from)) as valid_to,
from begun
order by caller_id, valid_from
