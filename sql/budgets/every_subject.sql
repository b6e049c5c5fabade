-- 1 row per subject there is of the kind asked for: all together, or every unit, user, model or group
-- that the viewer may see by itself.
with subjects as (
    select
        '' as subject,
        null::integer as unit_id,
        null::integer as caller_id,
        null::integer as llm_model_id,
        null::integer as group_id,
        '' as name,
    where getvariable('subject_kind') = 'total'
    union all by name
    select
        unit as subject,
        unit_id,
        unit as name,
    from units
    where
        getvariable('subject_kind') = 'unit'
        and unit_id >= 0
        and unit_id not in (select part_id from budgets.hidden_parts where kind = 'unit')
    union all by name
    select
        coalesce(oid, display_name) as subject,
        caller_id,
        display_name as name,
    from callers
    where getvariable('subject_kind') = 'user'
    union all by name
    select
        llm_model as subject,
        llm_model_id,
        llm_model as name,
    from llm_models
    where getvariable('subject_kind') = 'model'
    union all by name
    select
        group_oid as subject,
        group_id,
        "group" as name,
    from memory.main.groups
    where
        getvariable('subject_kind') = 'group'
        and group_id > 0
        and group_id not in (select part_id from budgets.hidden_parts where kind = 'group')
)

select
    row_number() over (order by subject, name)::integer - 1 as series_id,
    getvariable('subject_kind') as subject_kind,
    *,
from subjects
