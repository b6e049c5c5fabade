-- From now on the changed attributes hold; what is first known of a principal also held before.
insert into warehouse.directory.principals by name
select
    changed.* exclude (is_new, known_from),
    case
        when is_new then getvariable('always')::timestamp
        else greatest(getvariable('moment')::timestamp, known_from)
    end as valid_from,
    getvariable('forever')::timestamp as valid_to,
    getvariable('moment')::timestamp as recorded_from,
    getvariable('forever')::timestamp as recorded_to,
from changed
