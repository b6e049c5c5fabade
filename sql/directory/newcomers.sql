-- 1 row: callers that the directory knows only now, though the log knew them before.
select count(*)
from changed
semi join warehouse.directory.callers as caller on changed.oid = caller.oid
where changed.is_new
