-- From now on the links that were not known hold; what is first known of a source also held before.
insert into warehouse.directory.links by name
select
    begun.*,
    getvariable('forever')::timestamp as valid_to,
    getvariable('moment')::timestamp as recorded_from,
    getvariable('forever')::timestamp as recorded_to,
from begun_links as begun
