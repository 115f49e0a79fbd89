-- Who may do what: run after every migration and safe to repeat. Not a migration, since roles belong to the server, not
-- to one database, and may be created later by whoever is allowed to.
--
-- Two group roles without login, shared by all databases of a server (the privileges are per database):
--   perennial_owner  owns schema and tables; logins that migrate are its members
--   perennial_app    reads and adds; changes rows only where a table is no append-only one; deletes nothing
-- A deployment gives each a login and connects workers with the second:
--   create role migrator login password '...' in role perennial_owner;
--   create role worker   login password '...' in role perennial_app;
-- Where the migrating login may not create roles, the triggers named append_only alone guard the tables.
do $roles$
declare
  role_name text;
  item record;
begin
  foreach role_name in array array['perennial_owner', 'perennial_app'] loop
    if to_regrole(role_name) is null then
      begin
        execute format('create role %I nologin', role_name);
      exception
        when duplicate_object or unique_violation then
          raise notice 'role % was created by another migration just now', role_name;
        when insufficient_privilege then
          raise notice 'no right to create role %: append-only tables are guarded by triggers alone', role_name;
          return;
      end;
    end if;
  end loop;

  -- Ownership goes over where the login may hand it over; else it stays with the login, and the grants below still hold.
  begin
    if not pg_has_role(current_user, 'perennial_owner', 'USAGE') then
      execute format('grant perennial_owner to %I', current_user);
    end if;
    if (select nspowner from pg_namespace where nspname = 'perennial') <> 'perennial_owner'::regrole then
      alter schema perennial owner to perennial_owner;
    end if;
    for item in
      select format('table perennial.%I', relname) as what from pg_class
        where relnamespace = 'perennial'::regnamespace and relkind = 'r' and relowner <> 'perennial_owner'::regrole
      union all
      select format('function perennial.%I()', proname) from pg_proc
        where pronamespace = 'perennial'::regnamespace and proowner <> 'perennial_owner'::regrole
      union all
      select format('domain perennial.%I', typname) from pg_type
        where typnamespace = 'perennial'::regnamespace and typtype = 'd' and typowner <> 'perennial_owner'::regrole
    loop
      execute format('alter %s owner to perennial_owner', item.what);
    end loop;
  exception
    when insufficient_privilege then
      raise notice 'perennial_owner could not be made owner: %', sqlerrm;
  end;

  grant usage on schema perennial to perennial_app;
  for item in
    select c.relname,
      case
        when c.relname = 'schema_migrations' then 'select'
        when exists (select from pg_trigger t where t.tgrelid = c.oid and t.tgname = 'append_only') then 'select, insert'
        else 'select, insert, update'
      end as privileges
    from pg_class c
    where c.relnamespace = 'perennial'::regnamespace and c.relkind = 'r'
  loop
    execute format('revoke all on perennial.%I from perennial_app', item.relname);
    execute format('grant %s on perennial.%I to perennial_app', item.privileges, item.relname);
  end loop;
end
$roles$;
