-- 1 row per thing that somebody did; one that is there already stays as it is.
insert or ignore into audit (audit_id, at, actor, action, subject, detail)
values (:audit_id, :at, :actor, :action, :subject, :detail)
