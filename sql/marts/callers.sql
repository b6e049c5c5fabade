-- 1 row per caller: the only published table that says who a caller_id is.
select
    caller.caller_id,
    caller.oid,
    latest.kind,
    latest.display_name,
    latest.user_type,
    latest.account_enabled,
    coalesce(latest.deleted, false) as deleted,
    latest.oid is not null as in_directory,
from warehouse.directory.callers as caller
left join (
    select *
    from warehouse.directory.principals
    where recorded_to > getvariable('known_at')
    qualify row_number() over (partition by oid order by valid_from desc) = 1
) as latest
    on caller.oid = latest.oid
order by caller.caller_id
