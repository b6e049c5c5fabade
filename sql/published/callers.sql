-- Callers the viewer may know of: all, those ever owned by a visible unit, and the viewer. An object id
-- leads to a name in Entra, so who sees no names sees a pseudonym made of the surrogate in place of both.
select
    caller_id,
    case when getvariable('sees_names') or oid = getvariable('viewer_oid') then oid end as oid,
    kind,
    case
        when getvariable('sees_names') then display_name
        else
            printf(
                '%s %05d', if(kind = 'service_principal', 'Service', 'Person'), caller_id
            )
    end as display_name,
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
