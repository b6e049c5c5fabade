-- A snapshot that says what the newest one of every day in its window says leaves the batch, whole.
with landed as (
    select * exclude (load_id, row_number)
    from landed_rows
),

known as (
    select * exclude (load_id, origin)
    from warehouse.staging.cost_totals
    where
        origin = getvariable('snapshot_origin')
        and charge_date >= getvariable('snapshot_first_day')
        and charge_date < getvariable('snapshot_end_day')
),

changes as (
    (from landed except all from known)
    union all
    (from known except all from landed)
)

delete from landed_rows
where not exists (select 1 from changes)
