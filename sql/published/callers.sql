-- Callers the viewer may know of: all, those ever owned by a visible unit, and the viewer.
select
    caller_id,
    oid,
    kind,
    case when getvariable('sees_names') then display_name end as display_name,
    user_type,
    account_enabled,
    deleted,
    in_directory,
from read_parquet(getvariable('callers_files'))
where
    getvariable('sees_everything')
    or oid = getvariable('viewer_oid')
    or caller_id in (
        select owner.caller_id
        from read_parquet(getvariable('ownership_files')) as owner
        inner join visible_units on owner.unit_id = visible_units.unit_id
    )
