-- 1 row per model and span of time: the private offer's discount, as known now. Where spans overlap
-- the row recorded last holds.
with known as (
    select
        as_llm_model(model) as model,
        discount_rate,
        valid_from,
        valid_to,
        recorded_from,
    from warehouse.seeds.discounts
    where recorded_from <= getvariable('known_at') and getvariable('known_at') < recorded_to
),

edges as (
    select
        model,
        edge as valid_from,
        lead(edge) over (partition by model order by edge) as valid_to,
    from (
        select
            model,
            valid_from as edge
        from known
        union
        select
            model,
            valid_to as edge
        from known
    )
)

select
    edges.model,
    known.discount_rate,
    edges.valid_from,
    edges.valid_to,
from edges
inner join known
    on
        edges.model = known.model
        and known.valid_from <= edges.valid_from
        and edges.valid_to <= known.valid_to
qualify
    row_number() over (
        partition by edges.model, edges.valid_from
        order by known.recorded_from desc
    ) = 1
