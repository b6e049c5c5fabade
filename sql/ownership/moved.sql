-- 1 row per principal and span of time that belongs to another unit than was stored. Whom the directory
-- did not know was in the last resort already.
with both_sides as (
    select oid, unit as old_unit, null as new_unit, valid_from, valid_to
    from ownership.stored
    semi join ownership.differing using (oid)
    union all
    select oid, null as old_unit, unit as new_unit, valid_from, valid_to
    from ownership.resolved
    semi join ownership.differing using (oid)
),

moments as (
    select oid, valid_from as moment
    from both_sides
    union
    select oid, valid_to as moment
    from both_sides
),

pieces as (
    select
        oid,
        moment as valid_from,
        lead(moment) over (partition by oid order by moment) as valid_to,
    from moments
    qualify valid_to is not null
)

select
    piece.oid,
    piece.valid_from,
    piece.valid_to,
    coalesce(max(side.old_unit), 'Unassigned') as old_unit,
    coalesce(max(side.new_unit), 'Unassigned') as new_unit,
from pieces as piece
inner join both_sides as side
    on
        piece.oid = side.oid
        and side.valid_from <= piece.valid_from
        and piece.valid_to <= side.valid_to
group by all
having old_unit <> new_unit
