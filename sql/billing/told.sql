-- 1 row per charge that any cost source told, in one shape. A snapshot is a run of an export, or all
-- answers of one scope.
with told as (
    select
        format as source,
        load_id::varchar as snapshot,
        ingested_at as made_at,
        charge_date,
        -- Every row is asked, so by its text: parsing it takes several times as long.
        nullif(regexp_extract(rest, '"billingperiodstart(?:date)?":"([^"]*)"', 1), '') as period_start,
        charge_type,
        publisher_type,
        publisher_name,
        meter_category,
        meter_name,
        concat_ws(' ', meter_category, meter_name, service_name, unit_of_measure) as names,
        concat_ws(' ', regexp_extract(resource_id, '([^/]+)/*$', 1), meter_category, meter_name)
            as model_names,
        resource_group,
        as_subscription(subscription_id) as subscription,
        resource_id,
        quantity,
        cost_in_billing_currency as billing_amount,
        upper(billing_currency) as billing_currency,
        cost_in_pricing_currency as pricing_amount,
        upper(pricing_currency) as pricing_currency,
        try_cast(
            coalesce(rest::json ->> 'x_billedcostinusd', rest::json ->> 'costinusd') as decimal(38, 15)
        ) as stated_amount_usd,
        exchange_rate,
        invoice_id,
        coalesce(
            nullif(previous_invoice_id, invoice_id),
            case when lower(rest::json ->> 'chargeclass') = 'correction' then 'an earlier period' end
        ) as corrects,
    from warehouse.staging.cost_rows
    union all by name
    select
        'cost_totals' as source,
        origin as snapshot,
        charge_date,
        charge_type,
        publisher_type,
        publisher_name,
        meter_category,
        meter_name,
        concat_ws(' ', meter_category, meter_name) as names,
        concat_ws(' ', meter_category, meter_name) as model_names,
        resource_group,
        '' as subscription,
        quantity,
        cost as billing_amount,
        upper(currency) as billing_currency,
        -- The query API names no invoice; a refund gives back what an issued one charged.
        case when lower(charge_type) = 'refund' then 'an earlier period' end as corrects,
    from warehouse.staging.cost_totals
)

select
    * exclude (charge_type),
    as_charge_type(charge_type) as charge_type,
from told
