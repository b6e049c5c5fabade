-- The first day at or after whose start a time is.
create or replace macro first_midnight(moment) as
    (moment + interval 1 day - interval 1 microsecond)::date;
