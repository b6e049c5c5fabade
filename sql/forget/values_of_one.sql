-- 1 row per value of the directory that decides units and that nobody but this person ever had.
with had as (
    unpivot (
        select distinct
            lower(oid) = getvariable('oid') as is_person,
            cost_center,
            department,
            company,
            division,
        from warehouse.directory.principals
    )
    on cost_center, department, company, division
    into name attribute value value
)

select
    attribute,
    value,
from had
group by all
having bool_and(is_person)
order by all
