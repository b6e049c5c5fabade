-- 1 row per snapshot of files and subscription in it: from when to when its rows are, and until which day
-- they are on an invoice that was issued.
with days as (
    select
        source,
        snapshot,
        subscription,
        made_at,
        as_booked_day(charge_date, period_start, made_at) as booked_day,
        is_invoiced,
    from (
        select distinct
            source,
            snapshot,
            subscription,
            made_at,
            charge_date,
            period_start,
            -- Other purchases may be invoiced at once; the month is with its last Claude row.
            invoice_id is not null
            and is_claude_charge(publisher_type, publisher_name, names) as is_invoiced,
        from billing.told
        where source <> 'cost_totals'
    )
)

select
    source,
    snapshot,
    subscription,
    max(made_at) over whole as made_at,
    min(booked_day) over whole as first_row,
    max(booked_day) over whole as last_row,
    max(case when is_invoiced then booked_day end) over whole as invoiced_to,
from days
window whole as (partition by source, snapshot)
qualify row_number() over (partition by source, snapshot, subscription) = 1
