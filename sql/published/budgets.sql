-- Budgets the viewer may know of, as ever known: all, or those of units and people they may see. Who
-- sees no names sees a person's pseudonym in place of the object id; subject_no tells subjects apart.
select
    budget.* replace (
        case
            when
                budget.subject_kind = 'user'
                and not getvariable('sees_names')
                and budget.subject <> getvariable('viewer_oid')
                then coalesce(visible.display_name, 'Person not known')
            else budget.subject
        end as subject
    ),
    dense_rank() over (order by budget.subject_kind, budget.subject) as subject_no,
    visible.caller_id,
from read_parquet(getvariable('budgets_files')) as budget
left join read_parquet(getvariable('callers_files')) as caller
    on budget.subject_kind = 'user' and budget.subject = caller.oid
left join callers as visible on caller.caller_id = visible.caller_id
where
    getvariable('sees_everything')
    or visible.caller_id is not null
    or (budget.subject_kind = 'unit' and list_contains(getvariable('viewer_units'), budget.subject))
