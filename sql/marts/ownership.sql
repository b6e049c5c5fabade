-- 1 row per caller and span of time: the unit they belonged to, the rule that says so, and what it read
-- where that is no person.
select
    caller.caller_id,
    unit.unit_id,
    owner.unit_rule,
    owner.attribute,
    owner.raw_value,
    owner.rule_source,
    owner.valid_from,
    owner.valid_to,
from warehouse.directory.ownership as owner
inner join warehouse.directory.callers as caller on owner.oid = caller.oid
left join warehouse.dimension.units as unit on owner.unit = unit.unit
order by caller.caller_id, owner.valid_from
