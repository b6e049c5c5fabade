-- What is stored of principals of whom something else was resolved.
delete from warehouse.directory.ownership
where oid in (select oid from ownership.differing)
