-- 1 row per charge of Claude that any cost source told: what kind it is, how many CCU and USD. An
-- amount that is not told in USD, and follows neither from CCU nor from an exchange rate, is NULL.
with claude as (
    select
        *,
        as_booked_day(charge_date, period_start, made_at) as booked_day,
        -- Prices and rates are those of the day it was for, whenever it is booked.
        coalesce(charge_date, booked_day) as priced_day,
        fits(names, getvariable('ccu_meter')) as is_ccu,
        as_named_model(as_spelt(model_names), known.models) as named_model,
        -- In FOCUS, a virtual currency carries the CCU; the quantity may then be tokens.
        case
            when charge_type not in ('usage', 'purchase', 'refund', 'adjustment') then null
            when pricing_currency in ('CCU', 'CCUS') then pricing_amount
            else quantity
        end as counted,
    from billing.told
    cross join (select list(distinct model) as models from warehouse.seeds.prices) as known
    where is_claude_charge(publisher_type, publisher_name, names)
),

ccu_prices as (
    select
        ccu_price_usd,
        valid_from,
        valid_to,
    from billing.ccu_prices
),

rates as (
    select
        currency,
        units_per_dollar,
        valid_from,
        valid_to,
    from warehouse.seeds.exchange_rates
    where recorded_from <= getvariable('known_at') and getvariable('known_at') < recorded_to
)

select
    booked_day as usage_day,
    source,
    snapshot,
    subscription,
    coalesce(lower(trim(resource_group)), '') as resource_group,
    case
        when is_ccu then 'ccu'
        when named_model is not null then 'legacy'
        else 'other_claude'
    end as kind,
    case when not is_ccu then named_model end as llm_model,
    charge_type,
    corrects is not null or booked_day > charge_date as is_correction,
    coalesce(corrects, case when booked_day > charge_date then charge_date::varchar end) as corrects,
    invoice_id,
    case when is_ccu then counted end as ccu,
    case
        when billing_currency = 'USD' then billing_amount
        when is_ccu and counted <> 0
            then (counted * price.ccu_price_usd::decimal(9, 6))::decimal(38, 15)
        when pricing_currency = 'USD' then pricing_amount
        when stated_amount_usd is not null then stated_amount_usd
        when billing_amount = 0 then 0
        else usd_of(billing_amount, rate.units_per_dollar)
    end as amount_usd,
    billing_amount,
    billing_currency,
    exchange_rate,
from claude
left join ccu_prices as price
    on price.valid_from <= priced_day and priced_day < price.valid_to
left join rates as rate
    on
        billing_currency = rate.currency
        and rate.valid_from <= priced_day
        and priced_day < rate.valid_to
