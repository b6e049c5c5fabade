-- 1 row per budget in force: whose it is in the publication, by surrogates, all NULL where that is not
-- known there.
select
    budget.series_id,
    budget.subject_kind,
    budget.subject,
    unit.unit_id,
    budget.caller_id,
    llm_model.llm_model_id,
    in_group.group_id,
    case budget.subject_kind
        when 'user' then caller.display_name
        when 'group' then in_group."group"
        else budget.subject
    end as name,
from budgets.in_force as budget
left join units as unit
    on budget.subject_kind = 'unit' and budget.subject = unit.unit and unit.unit_id >= 0
left join callers as caller on budget.caller_id = caller.caller_id
left join llm_models as llm_model
    on budget.subject_kind = 'model' and budget.subject = llm_model.llm_model
left join memory.main.groups as in_group
    on
        budget.subject_kind = 'group'
        and in_group.group_id > 0
        and (budget.subject = in_group.group_oid or budget.subject = in_group."group")
-- An object id goes before a group that is called like it.
qualify
    row_number() over (
        partition by budget.series_id
        order by budget.subject = in_group.group_oid desc, in_group.group_id
    ) = 1
