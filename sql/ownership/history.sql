-- 1 row per span of time of one principal, oldest first.
select
    unit,
    unit_rule,
    attribute,
    raw_value,
    rule_source,
    valid_from,
    valid_to,
from warehouse.directory.ownership
where oid = getvariable('wanted')
order by valid_from
