-- 1 row per client: requests that reached a model.
select
    coalesce(client.client, 'Unknown') as client,
    sum(daily.requests)::bigint as requests,
from daily
left join clients as client using (client_id)
group by all
order by requests desc, client
