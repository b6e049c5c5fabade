-- What a directory object says of one property.

-- The value it tells; where it leaves the property out, the one that is known.
create or replace macro as_told(tells_all, names, name, told, known) as
    case when tells_all or list_contains(names, name) then told else known end;
