-- 1 row per row of borne that is spread, and day, model and client it is spread over, as far as the report
-- asks for these, with how much they weigh in it.
select
    borne.borne_id,
    any_value(borne.shared_units) as shared_units,
    any_value(borne.residual_units) as residual_units,
    borne.last_charged_day,
    borne.unit_id,
    borne.caller_id,
    borne.label,
    case when getvariable('shares_by_day') then line.usage_day end as usage_day,
    case when getvariable('by_model') then line.llm_model_id end as llm_model_id,
    case when getvariable('by_client') then line.client_id end as client_id,
    sum(
        case borne.basis
            when 'requests' then line.requests
            when 'tokens'
                then
                    coalesce(line.input_tokens, 0)
                    + coalesce(line.output_tokens, 0)
                    + coalesce(line.cache_read_tokens, 0)
                    + coalesce(line.cache_write_5m_tokens, 0)
                    + coalesce(line.cache_write_1h_tokens, 0)
            when 'cost' then coarse_cost(line.contracted_cost_usd)
            else 1
        end
    )::hugeint as weight,
from borne
inner join memory.main.daily as line
    on
        borne.is_spread
        and borne.unit_id is not distinct from line.unit_id
        and borne.caller_id is not distinct from line.caller_id
        and borne.label = line.label
        and borne.first_day <= line.usage_day
        and line.usage_day < borne.end_day
group by all
