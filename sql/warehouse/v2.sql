-- Every source beside the gateway's two log tables; what was asked for is known by its windows, so
-- that holes show, and not by one mark; files are known by how far they were read.
drop table run.watermarks;

-- Loads of a file name it instead of a window. newest_at is the newest event time of the batch.
alter table run.loads add column file varchar;
alter table run.loads add column newest_at timestamp;

-- 1 row per file of an export: its version when last read, and up to where whole lines were landed.
create table run.files (
    source varchar not null,
    origin varchar not null,
    file varchar not null,
    version varchar not null,
    size_bytes bigint not null,
    read_bytes bigint not null,
    broken_lines bigint not null,
    load_id bigint not null
);

-- Cache reads of a response, where the event form of the log carries them.
alter table raw.llm_log add column prompt_cached_tokens bigint;
alter table staging.llm_rows add column cached_input_tokens bigint;

-- One row per row of AppMetrics that a token-metric policy wrote.
create table raw.app_metrics (
    load_id bigint not null,
    ingested_at timestamp not null,
    item_id varchar not null,
    resource_id varchar,
    time_generated timestamp,
    metric varchar,
    value_sum decimal(28, 9),
    item_count bigint,
    properties varchar
);

-- One row per row of AppTraces that carries the policy's request id. Messages are never asked for.
create table raw.app_traces (
    load_id bigint not null,
    ingested_at timestamp not null,
    item_id varchar not null,
    resource_id varchar,
    time_generated timestamp,
    properties varchar
);

-- One row per distinct caller trace: what the gateway's policy says of one request.
create table staging.caller_traces (
    load_id bigint not null,
    item_id varchar not null,
    ingested_at timestamp not null,
    trace_time timestamp,
    correlation_id varchar,
    oid varchar,
    deployment varchar,
    speed varchar,
    user_authorization_forwarded varchar,
    credential_kind varchar,
    malformed_oid boolean not null,
    day_key date not null
);

-- One row per metric point and value: a point that is corrected later is a further row. Points of
-- value zero say nothing that the load record of their window does not say, and are left out.
create table raw.platform_metrics (
    load_id bigint not null,
    item_id varchar not null,
    ingested_at timestamp not null,
    resource_id varchar not null,
    namespace varchar not null,
    metric varchar not null,
    aggregation varchar not null,
    point_time timestamp not null,
    dimensions varchar not null,
    value decimal(28, 9) not null
);

-- One row per metric point: its newest value. Dimensions that attribution uses are columns.
create table staging.metric_points (
    load_id bigint not null,
    item_id varchar not null,
    ingested_at timestamp not null,
    point_time timestamp not null,
    resource_id varchar not null,
    namespace varchar not null,
    metric varchar not null,
    aggregation varchar not null,
    deployment varchar,
    model_name varchar,
    model_version varchar,
    status_code varchar,
    dimensions varchar not null,
    value decimal(28, 9) not null,
    day_key date not null
);

-- One row per row of a cost snapshot (cost details or FOCUS, from export files), in one shape. All
-- other columns of the file are kept as JSON text; amounts are the file's own digits. ingested_at is
-- when the snapshot was made. effective_cost is told by FOCUS alone.
create table raw.cost_rows (
    load_id bigint not null,
    row_number bigint not null,
    ingested_at timestamp not null,
    format varchar not null,
    charge_date date,
    charge_type varchar,
    publisher_type varchar,
    publisher_name varchar,
    meter_category varchar,
    meter_name varchar,
    service_name varchar,
    resource_id varchar,
    resource_group varchar,
    subscription_id varchar,
    region varchar,
    quantity decimal(38, 15),
    unit_of_measure varchar,
    cost_in_billing_currency decimal(38, 15),
    billing_currency varchar,
    effective_cost decimal(38, 15),
    cost_in_pricing_currency decimal(38, 15),
    pricing_currency varchar,
    exchange_rate decimal(38, 15),
    invoice_id varchar,
    previous_invoice_id varchar,
    rest varchar
);

-- One row per row of the snapshots that hold: of each place and billing period the newest complete
-- one. Its files are remembered; those of a snapshot that it replaced are not any more.
create view staging.cost_rows as
select
    files.origin,
    cost.*,
from raw.cost_rows as cost
inner join (
    select distinct
        load_id,
        origin,
    from run.files
    where source = 'cost_rows'
) as files on cost.load_id = files.load_id;

-- One row per group of a daily total of Cost Management's query API.
create table raw.cost_totals (
    load_id bigint not null,
    row_number bigint not null,
    charge_date date,
    publisher_type varchar,
    publisher_name varchar,
    meter_category varchar,
    meter_name varchar,
    resource_group varchar,
    charge_type varchar,
    quantity decimal(38, 15),
    cost decimal(38, 15),
    currency varchar
);

-- One row per group of the newest snapshot of each day. A load that brought nothing new said what
-- was known; one without any row said that its days cost nothing.
create view staging.cost_totals as
with snapshots as (
    select
        load_id,
        origin,
        window_start::date as first_day,
        window_end::date as end_day,
    from run.loads
    where source = 'cost_totals' and (rows_new > 0 or rows_received = 0)
)

select
    snapshots.origin,
    totals.* exclude (row_number),
from raw.cost_totals as totals
inner join snapshots on totals.load_id = snapshots.load_id
where
    not exists (
        select 1
        from snapshots as newer
        where
            newer.origin = snapshots.origin
            and newer.load_id > snapshots.load_id
            and totals.charge_date >= newer.first_day
            and totals.charge_date < newer.end_day
    );

-- One row per distinct row of the Retail Prices API that was ever seen.
create table raw.retail_prices (
    load_id bigint not null,
    item_id varchar not null,
    ingested_at timestamp not null,
    meter_id varchar,
    meter_name varchar,
    product_name varchar,
    sku_name varchar,
    service_name varchar,
    arm_region_name varchar,
    currency_code varchar,
    unit_of_measure varchar,
    price_type varchar,
    tier_minimum_units decimal(38, 15),
    retail_price decimal(38, 15),
    unit_price decimal(38, 15),
    effective_start timestamp,
    effective_end timestamp
);

-- One row per usage record: the known numbers of the response's own usage object, side by side.
create table raw.usage_records (
    load_id bigint not null,
    item_id varchar not null,
    ingested_at timestamp not null,
    correlation_id varchar,
    record_time timestamp,
    usage varchar
);

-- One row per distinct usage record, split into token classes.
create table staging.usage_records (
    load_id bigint not null,
    item_id varchar not null,
    ingested_at timestamp not null,
    record_time timestamp,
    correlation_id varchar,
    input_tokens bigint,
    output_tokens bigint,
    cache_read_tokens bigint,
    cache_write_5m_tokens bigint,
    cache_write_1h_tokens bigint,
    web_searches bigint,
    speed varchar,
    inference_geo varchar,
    service_tier varchar,
    refused_counts boolean not null,
    day_key date not null
);
