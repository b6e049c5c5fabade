-- 1 row per caller, unit, client and client version of one usage day: its requests that reached a
-- model, what is known of their list cost, and when the first and the last of them was.
select
    getvariable('usage_day')::date as usage_day,
    booked.caller_id,
    booked.unit_id,
    booked.client_id,
    agent.client_version,
    count(*)::integer as requests,
    sum(booked.list_cost_usd) as list_cost_usd,
    min(booked.usage_time) as first_used_at,
    max(booked.usage_time) as last_used_at,
from marts.booked as booked
inner join ledger.attributed as call
    on
        booked.request_key = call.request_key
        and call.usage_day = getvariable('usage_day')
left join ledger.user_agents as agent on call.user_agent = agent.user_agent
group by booked.caller_id, booked.unit_id, booked.client_id, agent.client_version
order by booked.caller_id, booked.unit_id, booked.client_id, agent.client_version
