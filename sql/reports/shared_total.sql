-- 1 row per shared cost that is split: its USD.
select
    shared_cost,
    sum(amount_usd)::decimal(38, 15) as amount_usd,
from allocations
where shared_cost <> 'residual'
group by shared_cost
order by amount_usd desc, shared_cost
