-- What was learned of how cache tokens follow from bytes and pauses: dated, and never changed later.
create schema calibration;

-- 1 row per window that was learned from. A calendar month that is over is learned from once and for
-- all (is_final); until then a month's days use what was learned from the days before. The platform
-- counts a request at its start or end (counted_from), by a clock that is off by clock_offset_us.
-- alone_requests had a minute of their deployment to themselves, so their totals are theirs.
create table calibration.fits (
    fit_id integer not null,
    first_day date not null,
    last_day date not null,
    fitted_at timestamp not null,
    is_final boolean not null,
    counted_from varchar not null,
    clock_offset_us bigint not null,
    requests bigint not null,
    alone_requests bigint not null,
    telling_cells bigint not null,
    prompt_noise double not null
);

-- 1 row per number of what a window taught; places are ids of models, clients, callers, deployments.
create table calibration.knowledge (
    fit_id integer not null,
    part varchar not null,
    first integer not null,
    second integer not null,
    third integer not null,
    value double not null
);

-- 1 row per usage day that was calibrated, with what was known then.
create table calibration.days (
    usage_day date not null,
    fit_id integer not null
);
