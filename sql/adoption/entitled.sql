-- 1 row per caller whom the Claude application was assigned to at any moment of the month: how, and
-- whether still at its end.
select
    entitlement.caller_id,
    concat_ws(
        '; ',
        case when bool_or(entitlement.is_direct) then 'direct' end,
        string_agg(distinct belonging."group", '; ' order by belonging."group")
    ) as entitled_by,
    bool_or(entitlement.valid_to >= getvariable('month_to')) as is_entitled_at_end,
from entitlements as entitlement
left join groups as belonging on entitlement.group_id = belonging.group_id
where
    entitlement.valid_from < getvariable('month_to')
    and getvariable('month_from') < entitlement.valid_to
group by entitlement.caller_id
