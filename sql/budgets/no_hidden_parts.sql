-- No row: this viewer may see every unit and group by itself.
select
    '' as kind,
    0 as part_id,
limit 0
