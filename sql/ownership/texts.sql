-- 1 row per principal, span of time and rule that reads a text of the directory and finds one.
with read as (
    select
        principal.oid,
        rule.rank,
        rule.unit_rule,
        rule.attribute,
        rule.value,
        rule.unit,
        rule.rule_source,
        case rule.attribute
            when 'cost_center' then principal.cost_center
            when 'department' then principal.department
            when 'company' then principal.company
            when 'division' then principal.division
            else principal.extension_attributes ->> rule.attribute
        end as raw_value,
        greatest(principal.valid_from, rule.valid_from) as valid_from,
        least(principal.valid_to, rule.valid_to) as valid_to,
    from ownership.principals as principal
    inner join ownership.rules as rule
        on rule.principals in ('all', principal.kind)
    where
        rule.attribute in ('cost_center', 'department', 'company', 'division')
        or starts_with(rule.attribute, 'extensionAttribute')
)

select *
from read
where raw_value is not null and raw_value = coalesce(value, raw_value) and valid_from < valid_to
