-- 1 row per row of borne_lines, with what it bears of shared costs and of the bridge's residual: weights are
-- summed up over a caller's rows and the amount is rounded, less what was before, so that the parts add up
-- to exactly what is spread. What is not spread over days has the last day that was charged.
with reached as (
    select
        *,
        (sum(weight) over up_to)::hugeint as sum_to,
        (sum(weight) over share)::hugeint as whole,
    from borne_lines
    window
        share as (partition by borne_id),
        up_to as (
            partition by borne_id
            order by usage_day, llm_model_id, client_id
            rows unbounded preceding
        )
)

select
    coalesce(usage_day, last_charged_day) as usage_day,
    caller_id,
    unit_id,
    llm_model_id,
    client_id,
    label,
    true as has_use,
    usd_of_units(
        part_of(shared_units, sum_to, whole) - part_of(shared_units, sum_to - weight, whole)
    ) as shared_cost_usd,
    usd_of_units(
        part_of(residual_units, sum_to, whole) - part_of(residual_units, sum_to - weight, whole)
    ) as residual_usd,
from reached
union all by name
select
    last_charged_day as usage_day,
    caller_id,
    unit_id,
    label,
    has_use,
    usd_of_units(shared_units) as shared_cost_usd,
    usd_of_units(residual_units) as residual_usd,
from borne
where not is_spread
