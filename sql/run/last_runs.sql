-- 1 row per job: its newest run.
select
    job,
    started_at,
    outcome,
    detail,
from warehouse.run.runs
qualify row_number() over (partition by job order by run_id desc) = 1
order by job
