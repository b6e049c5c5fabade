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
    value_sum double,
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

-- One row per row of a cost snapshot (cost details or FOCUS, an export file), in one shape. A later
-- snapshot of the same period replaces an earlier one when it is read, not here. All other columns
-- of the file are kept as JSON text; amounts are the file's own digits.
create table raw.cost_rows (
    load_id bigint not null,
    row_number bigint not null,
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
    cost_in_pricing_currency decimal(38, 15),
    pricing_currency varchar,
    exchange_rate decimal(38, 15),
    invoice_id varchar,
    previous_invoice_id varchar,
    rest varchar
);

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

-- One row per usage record: the response's own usage object, split into token classes.
create table raw.usage_records (
    load_id bigint not null,
    item_id varchar not null,
    ingested_at timestamp not null,
    correlation_id varchar,
    record_time timestamp,
    usage varchar
);

-- One row per distinct usage record.
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
    refused_counts boolean not null,
    day_key date not null
);
