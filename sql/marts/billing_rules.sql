-- 1 row: the settings by which this publication reads the bill.
select
    getvariable('unbilled_refusals') as unbilled_refusals,
    getvariable('residual_limit_usd')::decimal(38, 15) as residual_limit_usd,
    getvariable('residual_limit_share')::decimal(7, 6) as residual_limit_share,
    getvariable('settles_after_hours')::integer as settles_after_hours,
    getvariable('is_bill_read') as is_bill_read,
