-- 1 row per LLM: how many tokens the other model counts where this one counts one.
select
    unnest(getvariable('factor_models')::varchar[]) as model,
    unnest(getvariable('factors')::decimal(12, 9)[]) as factor,
