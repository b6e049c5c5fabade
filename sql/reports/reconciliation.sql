-- 1 row per line of the bridge, and model of a discount, by the keys asked for. Running totals go from
-- list cost to what was billed; lines of the kinds bound and memo are beside the walk. ccu are each day's
-- amount at that day's price of a CCU.
with told as (
    select *, 'walk' as part
    from bridge.steps
    union all by name
    select *, 'bound' as part
    from bridge.bounds
    union all by name
    select *, 'memo' as part
    from bridge.memos
),

converted as (
    select
        told.*,
        ccu_of(told.amount_usd, price.ccu_price_usd) as ccu,
    from told
    left join ccu_prices as price
        on price.valid_from <= told.usage_day and told.usage_day < price.valid_to
),

lines as (
    select
        case when getvariable('by_day') then usage_day end as day,
        case when getvariable('by_resource_group') then nullif(resource_group, '') end as resource_group,
        part,
        line,
        case when line = 'discount' then model end as model,
        -- One amount that is unknown leaves the sum unknown.
        case when count(amount_usd) = count(*) then sum(amount_usd) end as amount_usd,
        case when count(ccu) = count(*) then sum(ccu) end as ccu,
        sum(low_usd) as low_usd,
        case when count(high_usd) = count(*) then sum(high_usd) end as high_usd,
        sum(cases)::bigint as cases,
        string_agg(distinct detail, ' ' order by detail) as detail,
    from converted
    group by all
    having part <> 'walk' or amount_usd is distinct from 0 or line in ('measured', 'residual')
),

sums as (
    select
        day,
        resource_group,
        unnest(['expected', 'billed']) as line,
        unnest(
            [
                coalesce(sum(amount_usd) filter (kinds.place < expected.place), 0),
                case when count(amount_usd) = count(*) then sum(amount_usd) end
            ]
        ) as amount_usd,
        unnest(
            [
                case
                    when count_if(ccu is null and kinds.place < expected.place) = 0
                        then coalesce(sum(ccu) filter (kinds.place < expected.place), 0)
                end,
                case when count(ccu) = count(*) then sum(ccu) end
            ]
        ) as ccu,
    from lines
    inner join bridge.kinds as kinds
        on lines.line = kinds.line and kinds.kind not in ('bound', 'memo')
    cross join (select place from bridge.kinds where line = 'expected') as expected
    where part = 'walk'
    group by day, resource_group
),

placed as (
    select
        kinds.place,
        kinds.kind,
        lines.*,
    from (
        select * from lines
        union all by name
        select *, 'walk' as part from sums
    ) as lines
    inner join bridge.kinds as kinds
        on
            lines.line = kinds.line
            and lines.part = case when kinds.kind in ('bound', 'memo') then kinds.kind else 'walk' end
)

select
    * exclude (part, ccu),
    case
        when kind in ('subtotal', 'total') then amount_usd
        when kind not in ('bound', 'memo') and amount_usd is not null
            then
                sum(case when kind not in ('subtotal', 'total', 'bound', 'memo') then amount_usd end)
                    over (partition by day, resource_group order by place, model nulls first)
    end as running_usd,
    ccu,
from placed
order by day nulls first, resource_group nulls first, place, model nulls first
