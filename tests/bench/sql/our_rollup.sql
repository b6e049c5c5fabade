-- 1 row per caller, model and day, under their names again.
select
    caller.caller,
    price.model,
    daily.* exclude (caller_id, model_id),
from our_daily as daily
inner join our_callers as caller on daily.caller_id = caller.caller_id
inner join (
    select distinct
        model_id,
        model,
    from our_prices
) as price on daily.model_id = price.model_id
