-- 1 row: the load that brought all rows of one source, read a day after its span was over.
select
    $load_id as load_id,
    $source as source,
    $origin as origin,
    $starts_at::timestamp as window_start,
    $ends_at::timestamp as window_end,
    $rows as rows_received,
    $rows as rows_new,
    $ends_at::timestamp + interval 1 day as landed_at,
