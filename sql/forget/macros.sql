-- What one person is named by, found in a text and replaced in it: by the rules that are in the
-- variables, the last of which is about names. Each twice, since what stands between two occurrences
-- belongs to the first.
create or replace macro names_identity(value) as
    coalesce(regexp_matches(value, getvariable('identity_pattern')), false);

create or replace macro names_person(value) as
    coalesce(regexp_matches(value, getvariable('person_pattern')), false);

create or replace macro replaced_by(value, rule) as
    regexp_replace(
        regexp_replace(
            value, getvariable('patterns')[rule], getvariable('replacements')[rule], 'g'
        ),
        getvariable('patterns')[rule], getvariable('replacements')[rule], 'g'
    );

create or replace macro without_identity(value) as
    case
        when names_identity(value)
            then replaced_by(replaced_by(replaced_by(replaced_by(value, 1), 2), 3), 4)
        else value
    end;

create or replace macro without_person(value) as
    case
        when names_person(value) then replaced_by(without_identity(value), 5)
        else value
    end;
