-- What else of a principal can decide its unit, or tells one from another. Of the extension attributes
-- those that are set, as a JSON object in the order of their names. deleted_at is Graph's own word,
-- where it still has one.
alter table directory.principals add column employee_id varchar;
alter table directory.principals add column division varchar;
alter table directory.principals add column extension_attributes varchar;
alter table directory.principals add column app_id varchar;
alter table directory.principals add column deleted_at timestamp;

-- Who stands in which relation to whom, in two times. manager: from a person to the one they report to.
-- member: from a group to everyone in it, however deep. assignment: from the service principal of the
-- application that people sign in to, to each principal it is assigned to.
create table directory.links (
    kind varchar not null,
    source_oid varchar not null,
    target_oid varchar not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null
);

-- 1 row per principal and span of time: the unit that the rules give it, as last resolved. unit_rule is
-- the name of the rule that fired; raw_value is what it read, where that is not a person.
create table directory.ownership (
    oid varchar not null,
    unit varchar not null,
    unit_rule varchar not null,
    attribute varchar not null,
    raw_value varchar,
    rule_source varchar,
    valid_from timestamp not null,
    valid_to timestamp not null
);

-- Reviewed seeds that decide units: rules in the order of their positions, units for raw values,
-- people whom finance puts elsewhere, who answers for a principal, and which unit is part of which.
create table seeds.ownership_rules (
    position integer not null,
    rule varchar not null,
    principals varchar not null,
    attribute varchar not null,
    value varchar,
    levels integer,
    unit varchar,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar
);
create table seeds.unit_names (
    attribute varchar not null,
    value varchar not null,
    unit varchar not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar
);
create table seeds.unit_corrections (
    oid varchar not null,
    unit varchar not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar
);
create table seeds.owners (
    oid varchar not null,
    owner_oid varchar not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar
);
create table seeds.units (
    unit varchar not null,
    parent_unit varchar not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    recorded_from timestamp not null,
    recorded_to timestamp not null,
    source varchar
);

-- A delta link keeps the properties it was asked for, so it would never bring the new ones.
delete from directory.delta_links;
