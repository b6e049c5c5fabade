-- 1 row per allocation, unit, caller and label: how much they weigh in it. Bytes are of every request that
-- passed the gateway, whether it reached a model or not.
select
    allocation_id,
    unit_id,
    caller_id,
    label,
    case any_value(method)
        when 'requests' then sum(requests)
        when 'tokens' then sum(tokens)
        else sum(cost_units)
    end::hugeint as weight,
from allocation.lines
where method <> 'bytes'
group by allocation_id, unit_id, caller_id, label
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
