-- 1 row: the highest caller_id of a caller whom the directory does not know, -1 without any.
select coalesce(max(caller.caller_id), -1)
from warehouse.directory.callers as caller
anti join warehouse.directory.principals as principal on caller.oid = principal.oid
