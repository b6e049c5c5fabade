-- Points that this landing brings with another value: the newest answer holds.
delete from warehouse.staging.metric_points as known
using landed_rows as landed
where
    known.item_id = landed.item_id
    and known.day_key = landed.point_time::date
