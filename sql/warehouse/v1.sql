-- The warehouse's first schema. Applied once, in one transaction; later versions add v2.sql and on.
create schema raw;
create schema staging;
create schema directory;
create schema dimension;
create schema seeds;
create schema run;

create table run.schema_version (
    version integer not null,
    applied_at timestamp not null
);

create sequence run.load_ids;
create sequence run.run_ids;

-- 1 row per batch that was landed. Rows of raw say which batch brought them.
create table run.loads (
    load_id bigint not null,
    source varchar not null,
    origin varchar not null,
    window_start timestamp,
    window_end timestamp,
    rows_received bigint not null,
    rows_new bigint not null,
    landed_at timestamp not null
);

-- 1 row per source and origin: everything before high_water was asked for and answered.
create table run.watermarks (
    source varchar not null,
    origin varchar not null,
    high_water timestamp not null
);

-- 1 row per run of a job.
create table run.runs (
    run_id bigint not null,
    job varchar not null,
    started_at timestamp not null,
    ended_at timestamp,
    outcome varchar,
    detail varchar
);

-- Usage days whose ledger files no longer match what is known.
create table run.dirty_days (
    usage_day date not null,
    reason varchar not null
);

-- Whose data this is (tenant_id), and what seeds were last read: name and content hash.
create table run.inputs (
    name varchar not null,
    content_hash varchar not null
);

-- Lines of a recorded workspace that could not be read, as its sandbox reported them.
create table run.problems (
    file varchar not null,
    line bigint,
    reason varchar not null,
    occurrences bigint not null
);

-- What arrived, as it arrived: one row per row of ApiManagementGatewayLogs. Header columns are JSON
-- text; values of credential headers are blanked while landing. url has no query string.
create table raw.gateway_log (
    load_id bigint not null,
    ingested_at timestamp not null,
    item_id varchar not null,
    resource_id varchar,
    time_generated timestamp,
    correlation_id varchar,
    api_id varchar,
    apim_subscription_id varchar,
    method varchar,
    url varchar,
    caller_ip_address varchar,
    response_code integer,
    backend_response_code integer,
    backend_url varchar,
    request_size_bytes bigint,
    response_size_bytes bigint,
    total_time_ms bigint,
    backend_time_ms bigint,
    last_error_reason varchar,
    last_error_source varchar,
    region varchar,
    request_headers varchar,
    response_headers varchar,
    backend_request_headers varchar,
    trace_records varchar
);

-- One row per row of ApiManagementGatewayLlmLog. Token counts as they came, however absurd.
create table raw.llm_log (
    load_id bigint not null,
    ingested_at timestamp not null,
    item_id varchar not null,
    resource_id varchar,
    time_generated timestamp,
    correlation_id varchar,
    request_id varchar,
    model_name varchar,
    prompt_tokens bigint,
    completion_tokens bigint,
    total_tokens bigint,
    sequence_number integer,
    region varchar
);

-- One row per distinct gateway row, parsed once when it arrived.
create table staging.gateway_requests (
    load_id bigint not null,
    item_id varchar not null,
    ingested_at timestamp not null,
    request_time timestamp,
    correlation_id varchar,
    api_id varchar,
    apim_subscription_id varchar,
    method varchar,
    url_path varchar,
    caller_ip_address varchar,
    response_code integer,
    backend_response_code integer,
    backend_host varchar,
    request_size_bytes bigint,
    response_size_bytes bigint,
    total_time_ms bigint,
    backend_time_ms bigint,
    last_error_reason varchar,
    last_error_source varchar,
    denied_by varchar,
    region varchar,
    resource_id varchar,
    user_agent varchar,
    session_id varchar,
    client_oid varchar,
    backend_oid varchar,
    response_oid varchar,
    trace_oid varchar,
    client_deployment varchar,
    backend_deployment varchar,
    response_deployment varchar,
    trace_deployment varchar,
    client_speed varchar,
    backend_speed varchar,
    response_speed varchar,
    trace_speed varchar,
    trace_user_authorization_forwarded varchar,
    trace_credential_kind varchar,
    credential_headers varchar,
    malformed_oid boolean not null,
    malformed_headers boolean not null,
    day_key date not null
);

-- One row per distinct LLM row.
create table staging.llm_rows (
    load_id bigint not null,
    item_id varchar not null,
    ingested_at timestamp not null,
    row_time timestamp,
    correlation_id varchar,
    response_id varchar,
    model_name varchar,
    input_tokens bigint,
    output_tokens bigint,
    refused_counts boolean not null,
    sequence_number integer,
    region varchar,
    day_key date not null
);

-- The surrogate of every caller ever seen; facts carry caller_id and nothing else of a person.
create table directory.callers (
    caller_id integer not null,
    oid varchar not null
);

-- What the directory said of a principal, in two times: valid (in the world) and recorded (by us).
create table directory.principals (
    oid varchar not null,
    kind varchar not null,
    display_name varchar,
    user_principal_name varchar,
    mail varchar,
    user_type varchar,
    account_enabled boolean,
    cost_center varchar,
    department varchar,
    company varchar,
    deleted boolean not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null
);

-- 1 row per directory collection: where its next delta starts.
create table directory.delta_links (
    collection varchar not null,
    delta_link varchar not null,
    synced_at timestamp not null
);

-- Long text that repeats, as narrow ids. Ids are given once and never reused.
create table dimension.units (unit_id integer not null, unit varchar not null);
create table dimension.llm_models (llm_model_id smallint not null, llm_model varchar not null);
create table dimension.deployments (
    deployment_id smallint not null,
    account varchar,
    deployment varchar not null
);
create table dimension.clients (client_id smallint not null, client varchar not null);

-- Reviewed seeds as last read. Amounts are USD per token, made exact while reading.
create table seeds.prices (
    price_id varchar not null,
    model varchar not null,
    speed varchar not null,
    zone varchar not null,
    prompt_over_tokens bigint not null,
    prompt_up_to_tokens bigint,
    input_usd decimal(38, 15) not null,
    output_usd decimal(38, 15) not null,
    cache_read_usd decimal(38, 15) not null,
    cache_write_5m_usd decimal(38, 15) not null,
    cache_write_1h_usd decimal(38, 15) not null,
    web_search_usd decimal(38, 15),
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar
);
create table seeds.models (model_name varchar not null, model varchar not null);
create table seeds.discounts (
    model varchar not null,
    discount_rate decimal(9, 8) not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar
);
create table seeds.deployments (
    deployment varchar not null,
    foundry_resource_id varchar not null,
    model varchar not null,
    model_version varchar,
    hosting varchar,
    sku varchar not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar
);
create table seeds.subscriptions (
    apim_subscription_id varchar not null,
    oid varchar not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar
);
