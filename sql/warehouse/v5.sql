-- A price says where it can be read and who looked at it.
alter table seeds.prices add column link varchar;
alter table seeds.prices add column reviewer varchar;

-- What a Claude Consumption Unit costs.
create table seeds.ccu_prices (
    ccu_price_usd decimal(38, 15) not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar,
    link varchar,
    reviewer varchar
);

-- How many units of a currency one US dollar is, as a cost row's ExchangeRatePricingToBilling says it.
create table seeds.exchange_rates (
    currency varchar not null,
    units_per_dollar decimal(18, 9) not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar,
    link varchar,
    reviewer varchar
);

-- The deployments people may use; without rows there is no such rule.
create table seeds.approved_deployments (
    deployment varchar not null,
    foundry_resource_id varchar not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar,
    link varchar,
    reviewer varchar
);

-- Which charges, other than Claude's, are a shared cost: the first rule in the order of the positions
-- whose patterns all fit. An empty pattern fits everything; without a shared_cost, what fits is not ours.
create table seeds.shared_costs (
    position integer not null,
    shared_cost varchar,
    meter varchar,
    resource_group varchar,
    resource varchar,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar,
    link varchar,
    reviewer varchar
);

-- How a shared cost, or the bridge's residual, is split. unit bears what nobody's use can bear, and all
-- of a central budget; idle_unit the hours without traffic.
create table seeds.allocation_policies (
    shared_cost varchar not null,
    method varchar not null,
    unit varchar not null,
    idle_unit varchar,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar,
    link varchar,
    reviewer varchar
);

-- The fixed shares of a shared cost; those of one moment sum to exactly 1.
create table seeds.allocation_shares (
    shared_cost varchar not null,
    unit varchar not null,
    share decimal(18, 15) not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar,
    link varchar,
    reviewer varchar
);

-- What may be spent in a period: by a unit, a user, on a model, by a group, or by all. thresholds are
-- shares of the amount, as JSON; period is month, or a name of fiscal_periods' calendar.
create table seeds.budgets (
    subject_kind varchar not null,
    subject varchar not null,
    period varchar not null,
    amount_usd decimal(38, 15) not null,
    thresholds varchar not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar,
    link varchar,
    reviewer varchar
);

-- Periods other than calendar months: of a calendar, one after another.
create table seeds.fiscal_periods (
    calendar varchar not null,
    fiscal_period varchar not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar,
    link varchar,
    reviewer varchar
);

-- Whose holidays a unit keeps; the unit '' stands for all others.
create table seeds.calendars (
    unit varchar not null,
    country varchar not null,
    subdivision varchar,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar,
    link varchar,
    reviewer varchar
);
