-- Rows of billed_daily of the chosen unit, caller, day and label; what is not chosen (NULL) cuts nothing.
-- A unit whose name is too long for a link is named by its hash; label 'none' means no label.
select booked.*
from memory.main.billed_daily as booked
where
    (
        getvariable('chosen_unit') is null
        or booked.unit_id in (
            select unit_id
            from units
            where getvariable('chosen_unit') in (unit, concat('sha256:', sha256(unit)))
        )
    )
    and (
        getvariable('chosen_oid') is null
        or booked.caller_id in (
            select caller_id
            from callers
            where
                getvariable('chosen_oid') in (oid, if(getvariable('sees_names'), null, display_name))
        )
    )
    and (
        getvariable('chosen_label') is null
        or booked.label = case
            when getvariable('chosen_label') <> 'none' then getvariable('chosen_label') else ''
        end
    )
