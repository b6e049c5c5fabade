-- What was resolved of principals of whom something else was stored.
insert into warehouse.directory.ownership by name
from ownership.resolved
semi join ownership.differing using (oid)
