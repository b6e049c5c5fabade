-- 1 row per client and version that people used in the month. Who used several is in several rows.
select
    client.client,
    used.client_version,
    count(distinct used.caller_id)::integer as people,
    sum(used.requests)::bigint as requests,
    sum(used.list_cost_usd) as list_cost_usd,
from client_versions as used
inner join adoption.people as person on used.caller_id = person.caller_id and person.is_person
left join clients as client on used.client_id = client.client_id
where used.usage_day >= getvariable('month_from')::date
group by client.client, used.client_version
order by client.client nulls last, people desc, requests desc, used.client_version nulls last
