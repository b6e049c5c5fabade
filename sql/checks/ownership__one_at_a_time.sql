-- fail: a caller belongs to two units at one time, or an id stands for two callers.
select
    earlier.oid as subject,
    'belongs to two units at ' || greatest(earlier.valid_from, later.valid_from)::varchar as finding,
from ledger.ownership as earlier
inner join ledger.ownership as later
    on
        earlier.oid = later.oid
        -- By row, because the same span recorded twice would double requests as well.
        and earlier.rowid < later.rowid
        and earlier.valid_from < later.valid_to
        and later.valid_from < earlier.valid_to
union all
select
    any_value(oid) as subject,
    'is one of several callers with caller_id ' || caller_id::varchar as finding,
from warehouse.directory.callers
group by caller_id
having count(*) > 1
