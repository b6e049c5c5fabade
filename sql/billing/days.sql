-- 1 row per usage day that a cost source speaks of: which source counts, whether its bill is known and
-- complete, and how far the other sources' CCU are from it.
with sums as (
    select
        chosen.usage_day,
        chosen.source,
        any_value(chosen.snapshots)::integer as snapshots,
        min(chosen.made_at) as snapshot_at,
        bool_and(chosen.is_settled) as is_settled,
    from billing.chosen
    group by chosen.usage_day, chosen.source
),

charged as (
    select
        charge.usage_day,
        charge.source,
        sum(charge.amount_usd) as ccu_usd,
        count_if(charge.charge_type in ('usage', 'purchase')) as usage_charges,
        count_if(charge.amount_usd is null) as unknown_charges,
    from billing.charges as charge
    inner join (
        select *
        from billing.coverage
        qualify
            row_number() over (
                partition by usage_day, source, subscription
                order by made_at desc, snapshot desc
            ) = 1
    ) as newest
        using (usage_day, source, snapshot, subscription)
    where charge.kind = 'ccu' and charge.charge_type <> 'tax'
    group by charge.usage_day, charge.source
),

compared as (
    select
        sums.*,
        coalesce(own.usage_charges, 0) as usage_charges,
        coalesce(own.unknown_charges, 0)::integer as unknown_charges,
        (
            select max(abs(coalesce(other.ccu_usd, 0) - coalesce(own.ccu_usd, 0)))
            from billing.coverage as also
            left join charged as other using (usage_day, source)
            where also.usage_day = sums.usage_day and also.source <> sums.source and also.is_settled
        ) as differs_by_usd,
    from sums
    left join charged as own using (usage_day, source)
)

select
    usage_day,
    source,
    snapshots,
    snapshot_at,
    is_settled,
    -- Before a source has told of CCU at all, it may not see them; after, silence means none.
    bool_or(usage_charges > 0) over of_month
    and (
        is_settled
        or usage_day <= max(case when usage_charges > 0 then usage_day end) over of_month
    ) as is_known,
    unknown_charges,
    differs_by_usd,
from compared
window of_month as (partition by date_trunc('month', usage_day))
