-- The two roles of the portal, made once with the empty database (the same as launcher/roles.py).
-- portico_owner owns the tables and migrates. portico_app serves: it is no superuser, skips no row
-- security and owns nothing. Passwords come from secret files; SECRETS names another folder.
\set ON_ERROR_STOP on
\getenv secrets SECRETS
\if :{?secrets}
\else
  \set secrets /run/secrets
\endif
\setenv SECRETS :secrets
\set owner_password `cat "$SECRETS/portico_owner_password"`
\set app_password `cat "$SECRETS/portico_app_password"`

create role portico_owner login nosuperuser nobypassrls password :'owner_password';
create role portico_app login nosuperuser nobypassrls password :'app_password';
-- Planning costs more than running for the short statements of a portal; and a page of rows that
-- is looked up by key costs less than a scan, which the default for old disks does not believe.
alter role portico_app set plan_cache_mode = force_generic_plan;
alter role portico_app set random_page_cost = 1.1;

select current_database() as database \gset
alter database :"database" owner to portico_owner;
revoke all on database :"database" from public;
grant connect on database :"database" to portico_app;
alter schema public owner to portico_owner;
revoke create on schema public from public;
grant usage on schema public to portico_app;
alter default privileges for role portico_owner in schema public grant select, insert, update, delete on tables to portico_app;
alter default privileges for role portico_owner in schema public grant usage, select on sequences to portico_app;
alter default privileges for role portico_owner in schema public grant execute on functions to portico_app;
