-- 1 row per group of the directory that ever had members. group_id holds within one publication. Groups
-- of the same name are told apart by the start of their object ids.
with latest as (
    select
        oid as group_oid,
        coalesce(display_name, oid) as name,
        coalesce(deleted, false) as deleted,
    from warehouse.directory.principals
    where
        kind = 'group'
        and recorded_to > getvariable('known_at')
        and oid in (
            select source_oid
            from warehouse.directory.links
            where kind = 'member'
        )
    qualify row_number() over (partition by oid order by valid_from desc) = 1
)

select
    row_number() over (order by group_oid)::integer as group_id,
    group_oid,
    case
        when count(*) over (partition by name) = 1 then name
        else concat(name, ' (', left(group_oid, 8), ')')
    end as "group",
    deleted,
from latest
order by group_id
