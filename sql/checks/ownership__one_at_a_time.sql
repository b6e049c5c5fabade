-- fail: a caller belongs to two units at one time, or an id stands for two callers.
select
    earlier.oid as subject,
    'belongs to two units at ' || later.valid_from::varchar as finding,
from ledger.ownership as earlier
inner join ledger.ownership as later
    on
        earlier.oid = later.oid
        and (earlier.valid_from, earlier.unit) < (later.valid_from, later.unit)
        and later.valid_from < earlier.valid_to
union all
select
    any_value(oid) as subject,
    'is one of several callers with caller_id ' || caller_id::varchar as finding,
from warehouse.directory.callers
group by caller_id
having count(*) > 1
