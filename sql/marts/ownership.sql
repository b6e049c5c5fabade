-- 1 row per caller and span of time: the unit they belonged to and the rule that says so.
select
    caller.caller_id,
    unit.unit_id,
    owner.unit_rule,
    owner.valid_from,
    owner.valid_to,
from ledger.ownership as owner
inner join warehouse.directory.callers as caller on owner.oid = caller.oid
left join warehouse.dimension.units as unit on owner.unit = unit.unit
order by caller.caller_id, owner.valid_from
