-- 1 row per link that was not known. It holds from now on; what is first known of a source, or of
-- somebody in a group, held before as well. Whom one reports to follows from oneself alone: a new
-- manager was not everybody's manager all along.
with known_before as (
    select distinct oid
    from warehouse.directory.principals
    where recorded_from < getvariable('moment')
),

recorded as (
    select
        kind,
        source_oid,
        target_oid,
        bool_or(valid_to = getvariable('forever')) as holds,
    from warehouse.directory.links
    where recorded_to = getvariable('forever')
    group by all
)

select
    observed.kind,
    observed.source_oid,
    observed.target_oid,
    case
        -- One that has ended before cannot have held all the time.
        when recorded.holds is null and (observed.is_new or known.oid is null)
            then getvariable('always')::timestamp
        else getvariable('moment')::timestamp
    end as valid_from,
from observed_links as observed
left join recorded
    on
        observed.kind = recorded.kind
        and observed.source_oid = recorded.source_oid
        and observed.target_oid = recorded.target_oid
left join known_before as known
    on
        known.oid = case
            when observed.kind = 'manager' then observed.source_oid
            else observed.target_oid
        end
where observed.target_oid is not null and not coalesce(recorded.holds, false)
