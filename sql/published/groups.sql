-- The published table of that name, and what is shown for groups of too few people.
select *
from read_parquet(getvariable('groups_files'))
union all by name
select
    -1 as group_id,
    'Small groups' as "group",
    false as deleted,
where getvariable('merges_small_parts')
