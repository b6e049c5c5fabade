-- 1 row per person or service that was entitled in the month or active in it, in one state: the first
-- of the list in docs/adoption.md that holds. The client is that of the latest request.
with latest as (
    select
        used.caller_id,
        used.client_id,
        used.client_version,
    from client_versions as used
    inner join adoption.first_uses as known
        on used.caller_id = known.caller_id and used.usage_day = known.last_use
    qualify
        row_number() over (
            partition by used.caller_id
            order by used.last_used_at desc, used.client_id, used.client_version
        ) = 1
)

select
    person.oid,
    person.name,
    person.unit,
    person.kind,
    case
        when person.left_at is not null then 'after_leaving'
        when person.is_active and not person.is_entitled then 'not_entitled_active'
        when person.is_active then 'active'
        when person.is_never_used then 'never_used'
        when person.is_dormant then 'dormant'
        when person.first_use is not null then 'quiet'
        else 'assignment_ended'
    end as state,
    person.entitled_by,
    person.left_at,
    person.first_use,
    person.last_use,
    person.active_days,
    person.requests,
    case when person.requests = 0 then 0::decimal(38, 15) else person.list_cost_usd end
        as list_cost_usd,
    client.client,
    latest.client_version,
from adoption.people as person
left join latest on person.caller_id = latest.caller_id
left join clients as client on latest.client_id = client.client_id
order by list_cost_usd desc nulls last, person.unit, person.name nulls last, person.caller_id
