-- 1 row: callers that the gateway's token metrics show, and callers of the log.
select
    (select count(distinct caller_id) from metric_callers) as shown_callers,
    (select count(distinct caller_id) from daily) as logged_callers,
    (select min(usage_day)::timestamp from metric_callers) as since,
    (select max(usage_day)::timestamp from metric_callers) as last
