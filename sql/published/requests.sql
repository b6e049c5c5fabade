-- Rows of requests that the viewer may see, of the days whose files were asked for. Ids are written
-- as text only where their key does not say how they were spelt.
select
    * exclude (has_correlation_id, other_correlation_id, item_key, other_item_id)
        replace (shown_unit(unit_id, caller_id) as unit_id),
    case when has_correlation_id then coalesce(other_correlation_id, request_key::varchar) end
        as correlation_id,
    coalesce(other_item_id, item_key::varchar) as item_id,
from read_parquet(getvariable('requests_files'))
where
    getvariable('sees_everything')
    or unit_id in (select unit_id from visible_units)
    or caller_id in (select caller_id from visible_callers)
