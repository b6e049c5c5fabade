-- The first schema of what people decide: 1 row of audit per thing that somebody did. Rows stay as
-- they were written; forgetting a person is the one exception, and keeps the row.
create table audit (
    audit_id text primary key,
    at text not null,
    actor text not null,
    action text not null,
    subject text not null,
    detail text not null
) strict;

create trigger audit_is_not_updated before update on audit
begin
    select raise(abort, 'audit rows are never changed');
end;

create trigger audit_is_not_deleted before delete on audit
begin
    select raise(abort, 'audit rows are never deleted');
end;
