-- 1 row per row of a FOCUS file, typed. A quantity is what was consumed, else what was priced. An
-- amount or a date that is there and cannot be read stops the landing.
with named as (
    select map_from_entries(
        list_transform(
            map_entries(to_json(answer)::map(varchar, varchar)),
            lambda e: {'key': lower(trim(e.key)), 'value': e.value}
        )
    ) as c,
    from answer
)

select
    getvariable('load_id')::bigint as load_id,
    row_number() over () as row_number,
    getvariable('snapshot_at')::timestamp as ingested_at,
    'focus' as format,
    as_charge_date(told(c, 'chargeperiodstart')) as charge_date,
    told(c, 'chargecategory') as charge_type,
    told(c, 'x_publishercategory') as publisher_type,
    coalesce(told(c, 'publishername'), told(c, 'serviceprovidername')) as publisher_name,
    told(c, 'x_skumetercategory') as meter_category,
    coalesce(told(c, 'x_skumetername'), told(c, 'skumeter')) as meter_name,
    told(c, 'servicename') as service_name,
    told(c, 'resourceid') as resource_id,
    told(c, 'x_resourcegroupname') as resource_group,
    told(c, 'subaccountid') as subscription_id,
    coalesce(told(c, 'regionid'), told(c, 'regionname')) as region,
    coalesce(told(c, 'consumedquantity'), told(c, 'pricingquantity'))::decimal(38, 15) as quantity,
    case
        when told(c, 'consumedquantity') is not null then told(c, 'consumedunit')
        else told(c, 'pricingunit')
    end as unit_of_measure,
    told(c, 'billedcost')::decimal(38, 15) as cost_in_billing_currency,
    told(c, 'billingcurrency') as billing_currency,
    told(c, 'effectivecost')::decimal(38, 15) as effective_cost,
    told(c, 'pricingcurrencyeffectivecost')::decimal(38, 15) as cost_in_pricing_currency,
    told(c, 'pricingcurrency') as pricing_currency,
    told(c, 'x_billingexchangerate')::decimal(38, 15) as exchange_rate,
    told(c, 'invoiceid') as invoice_id,
    null::varchar as previous_invoice_id,
    rest_of(
        c,
        [
            'chargecategory', 'x_publishercategory', 'publishername', 'x_skumetercategory',
            'x_skumetername', 'servicename', 'resourceid', 'x_resourcegroupname', 'subaccountid',
            'billedcost', 'billingcurrency', 'effectivecost', 'pricingcurrencyeffectivecost',
            'pricingcurrency', 'x_billingexchangerate', 'invoiceid'
        ]
    ) as rest,
from named
