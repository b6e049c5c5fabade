-- 1 row per allocation of the months that are read whole and who bears some of it, as far as the viewer may
-- see them.
select
    share.month,
    share.allocation_id,
    shown_unit(share.unit_id, share.caller_id) as unit_id,
    share.caller_id,
    share.label,
    share.basis,
    sum(share.ratio) as ratio,
    sum(share.amount_usd) as amount_usd,
from read_parquet(getvariable('allocated_shares_files')) as share
where
    share.month >= getvariable('first_day')
    and last_day(share.month) <= getvariable('last_day')
    and (
        getvariable('sees_everything')
        or share.unit_id in (select unit_id from visible_units)
        or share.caller_id in (select caller_id from visible_callers)
    )
group by all
