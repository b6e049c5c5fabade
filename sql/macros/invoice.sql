-- What a cost row is about, told from its texts. Patterns come from the settings, in any case; a text
-- that is missing fits none.

create or replace macro fits(value, pattern) as coalesce(regexp_matches(value, pattern, 'i'), false);

-- A charge of Claude. Cost Management's query API names no publisher; there the meter decides.
create or replace macro is_claude_charge(publisher_type, publisher_name, names) as
    (publisher_type is null or fits(publisher_type, getvariable('marketplace_type')))
    and case
        when publisher_name is not null then fits(publisher_name, getvariable('claude_publisher'))
        else fits(names, getvariable('ccu_meter')) or fits(names, getvariable('claude_meter'))
    end;

-- The words of both formats for what a charge is; a query without that grouping says none.
create or replace macro as_charge_type(value) as
    case coalesce(lower(trim(value)), 'usage')
        when 'usage' then 'usage'
        when 'purchase' then 'purchase'
        when 'refund' then 'refund'
        when 'credit' then 'credit'
        when 'adjustment' then 'adjustment'
        when 'tax' then 'tax'
        when 'roundingadjustment' then 'rounding'
        else 'other'
    end;

-- The day a charge is booked on: its own, or the first of the period that booked it if that is later.
create or replace macro as_booked_day(charge_date, period_start, made_at) as
    coalesce(greatest(charge_date, try(as_charge_date(period_start))), made_at::date);

-- The model that a meter or resource name spells, longest known name first, else by its shape.
create or replace macro as_named_model(name, known) as
    coalesce(
        list_sort(
            list_filter(known, lambda model: contains(name, model)), 'desc'
        )[1],
        nullif(regexp_extract(name, 'claude-(?:[a-z]+(?:-[0-9]{1,2})+|[0-9](?:-[0-9])?-[a-z]+)'), '')
    );

-- A name as models are spelt: lower case, dashes, no GUID.
create or replace macro as_spelt(value) as
    regexp_replace(
        regexp_replace(lower(value), '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', '', 'g'),
        '[^a-z0-9]+', '-', 'g'
    );

-- A subscription, however the formats write it; '' for what belongs to none.
create or replace macro as_subscription(value) as
    coalesce(regexp_replace(lower(trim(value)), '^/?subscriptions/', ''), '');
