-- 1 row per LLM whose tokenizer is known, from the reviewed file.
select
    unnest(getvariable('tokenizer_models')::varchar[]) as model,
    unnest(getvariable('tokenizer_generations')::integer[]) as generation,
