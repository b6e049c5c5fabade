-- 1 row per extension attribute of the directory that some rule or name of a unit reads, at any time.
select attribute
from warehouse.seeds.ownership_rules
where starts_with(attribute, 'extensionAttribute')
union
select attribute
from warehouse.seeds.unit_names
where starts_with(attribute, 'extensionAttribute')
