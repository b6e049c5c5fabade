-- Rows of daily that bear shared costs, of the days asked for, as far as the viewer may see them.
select * replace (shown_unit(unit_id, caller_id) as unit_id)
from read_parquet(getvariable('allocated_daily_files'))
where
    usage_day between getvariable('first_day') and getvariable('last_day')
    and (
        getvariable('sees_everything')
        or unit_id in (select unit_id from visible_units)
        or caller_id in (select caller_id from visible_callers)
    )
