-- 1 row per allocation whose ratios do not sum to 1, or whose amounts not to what is split. There is none.
select
    allocation.shared_cost,
    allocation.amount_usd,
    coalesce(sum(share.amount_usd), 0) as borne_usd,
from allocation.allocations as allocation
left join allocation.shares as share on allocation.allocation_id = share.allocation_id
group by allocation.allocation_id, allocation.shared_cost, allocation.amount_usd
having coalesce(sum(share.ratio), 0) <> 1 or borne_usd <> allocation.amount_usd
