-- 1 row per caller of the tenant, each in one department for all time.
select
    md5('caller' || request.caller)::uuid::varchar as oid,
    'user' as kind,
    'Person ' || request.caller as display_name,
    true as account_enabled,
    printf('unit-%02d', any_value(truth.unit)) as department,
    false as deleted,
    timestamp '2025-01-01' as valid_from,
    timestamp '9999-12-31' as valid_to,
    timestamp '2025-01-01' as recorded_from,
    timestamp '9999-12-31' as recorded_to,
from tenant_requests as request
inner join tenant_truth as truth on request.request_no = truth.request_no
group by request.caller
order by request.caller
