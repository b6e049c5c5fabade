-- 1 row: the sum of the scope, and how much of it is known. A sum of bounds says how many requests
-- it leaves out.
select
    count(*) as requests,
    count(distinct booked.caller_id) filter (where caller.kind is distinct from 'service_principal')
        as people,
    count(distinct booked.caller_id) filter (where caller.kind = 'service_principal')
        as applications,
    count(distinct booked.unit_id) as units,
    sum(booked.list_cost_usd) as list_cost_usd,
    sum(booked.cost_low_usd) as cost_low_usd,
    sum(booked.cost_high_usd) as cost_high_usd,
    count_if(booked.cost_high_usd is null) as without_upper_bound,
    count_if(booked.cost_status <> 'complete') as not_complete,
    count_if(booked.caller_id is not null) as with_caller,
    count_if(booked.input_tokens is not null or booked.output_tokens is not null) as with_usage,
    count_if(booked.label = 'unattributed') as unattributed,
    count_if(booked.label = 'unmetered') as unmetered,
    count_if(booked.label = 'unpriced') as unpriced,
from ledger as booked
left join callers as caller on booked.caller_id = caller.caller_id
