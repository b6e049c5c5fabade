-- The name of the chosen unit, which a link may give as a hash.
select unit
from units
where getvariable('chosen_unit') in (unit, concat('sha256:', sha256(unit)))
