-- 1 row per row of a cost-details file, of any agreement, typed. An amount or a date that is there
-- and cannot be read stops the landing: a sum without it would be wrong.
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
    'cost_details' as format,
    as_charge_date(coalesce(told(c, 'date'), told(c, 'usagedatetime'))) as charge_date,
    told(c, 'chargetype') as charge_type,
    told(c, 'publishertype') as publisher_type,
    told(c, 'publishername') as publisher_name,
    told(c, 'metercategory') as meter_category,
    told(c, 'metername') as meter_name,
    told(c, 'consumedservice') as service_name,
    coalesce(told(c, 'resourceid'), told(c, 'instanceid')) as resource_id,
    coalesce(told(c, 'resourcegroup'), told(c, 'resourcegroupname')) as resource_group,
    coalesce(told(c, 'subscriptionid'), told(c, 'subscriptionguid')) as subscription_id,
    coalesce(told(c, 'resourcelocation'), told(c, 'location')) as region,
    told(c, 'quantity')::decimal(38, 15) as quantity,
    told(c, 'unitofmeasure') as unit_of_measure,
    coalesce(told(c, 'costinbillingcurrency'), told(c, 'cost'), told(c, 'pretaxcost'))::decimal(38, 15)
        as cost_in_billing_currency,
    coalesce(told(c, 'billingcurrency'), told(c, 'billingcurrencycode'), told(c, 'currency'))
        as billing_currency,
    null::decimal(38, 15) as effective_cost,
    told(c, 'costinpricingcurrency')::decimal(38, 15) as cost_in_pricing_currency,
    coalesce(told(c, 'pricingcurrency'), told(c, 'pricingcurrencycode')) as pricing_currency,
    coalesce(told(c, 'exchangeratepricingtobilling'), told(c, 'exchangerate'))::decimal(38, 15)
        as exchange_rate,
    told(c, 'invoiceid') as invoice_id,
    told(c, 'previousinvoiceid') as previous_invoice_id,
    rest_of(
        c,
        [
            'date', 'chargetype', 'publishertype', 'publishername', 'metercategory', 'metername',
            'consumedservice', 'resourceid', 'resourcegroup', 'subscriptionid',
            'resourcelocation', 'quantity', 'unitofmeasure', 'costinbillingcurrency',
            'billingcurrency', 'costinpricingcurrency', 'pricingcurrency',
            'exchangeratepricingtobilling', 'invoiceid', 'previousinvoiceid'
        ]
    ) as rest,
from named
