-- 1 row per allocation, unit, caller and label: how much they weigh in it. What never passed the gateway
-- bears nothing of the gateway's cost; what the bridge leaves may come from there too. Bytes are of every
-- request that passed the gateway, whether it reached a model or not.
select
    allocation.allocation_id,
    used.unit_id,
    used.caller_id,
    used.label,
    case allocation.method
        when 'requests' then used.requests
        when 'tokens' then used.tokens
        else used.cost_units
    end as weight,
from allocation.allocations as allocation
inner join allocation.used as used
    on
        allocation.method not in ('bytes', 'central')
        and allocation.first_day = used.first_day
        and allocation.end_day = used.end_day
        and (used.label <> 'outside_gateway' or allocation.shared_cost = 'residual')
union all by name
select
    allocation.allocation_id,
    requests.unit_id,
    requests.caller_id,
    if(requests.caller_id is null, 'unattributed', '') as label,
    sum(
        coalesce(requests.request_size_bytes, 0) + coalesce(requests.response_size_bytes, 0)
    )::hugeint as weight,
from allocation.allocations as allocation
inner join requests
    on
        allocation.method = 'bytes'
        and allocation.first_day <= requests.usage_time::date
        and requests.usage_time::date < allocation.end_day
group by allocation.allocation_id, requests.unit_id, requests.caller_id, label
