-- 1 row per month with days that were calibrated before the month itself had taught anything, by its
-- first day.
select distinct date_trunc('month', day.usage_day)::date as month
from warehouse.calibration.days as day
inner join warehouse.calibration.fits as fit on day.fit_id = fit.fit_id
where not fit.is_final
