-- The only mutable pointer, its history, and what a rollback leaves behind.

create table perennial.alias_moves (
  model_id text not null,
  alias text not null,
  epoch integer not null,
  move_key perennial.external_id not null,
  kind text not null,
  from_version integer,
  to_version integer not null,
  moved_by text not null,
  reason text not null,
  evidence_digest perennial.digest,
  run_no integer,
  moved_at timestamptz(3) not null,
  constraint alias_moves_pkey primary key (model_id, alias, epoch),
  constraint alias_moves_key_key unique (model_id, move_key),
  constraint alias_moves_state_key unique (model_id, alias, epoch, to_version, moved_at),
  constraint alias_moves_from_fkey foreign key (model_id, from_version)
    references perennial.versions (model_id, version),
  constraint alias_moves_to_fkey foreign key (model_id, to_version)
    references perennial.versions (model_id, version),
  constraint alias_moves_run_fkey foreign key (model_id, run_no) references perennial.runs (model_id, run_no),
  constraint alias_moves_kind_known check (kind in ('promotion', 'rollback')),
  constraint alias_moves_epoch_positive check (epoch > 0),
  constraint alias_moves_goes_elsewhere check (from_version is distinct from to_version)
);
comment on column perennial.alias_moves.epoch is 'Epoch that the move led to; rises by one with each move';
comment on column perennial.alias_moves.moved_at is 'Never earlier than the move before';
create index alias_moves_time_idx on perennial.alias_moves (model_id, alias, moved_at desc, epoch desc);

create table perennial.aliases (
  model_id text not null constraint aliases_model_fkey references perennial.models,
  alias text not null,
  version integer,
  epoch integer not null default 0,
  moved_at timestamptz(3),
  constraint aliases_pkey primary key (model_id, alias),
  constraint aliases_version_fkey foreign key (model_id, version) references perennial.versions (model_id, version),
  constraint aliases_move_fkey foreign key (model_id, alias, epoch, version, moved_at)
    references perennial.alias_moves (model_id, alias, epoch, to_version, moved_at),
  constraint aliases_alias_known check (alias = 'champion'),
  constraint aliases_set_by_a_move check (num_nonnulls(version, moved_at) = case when epoch = 0 then 0 else 2 end)
);
comment on table perennial.aliases is 'One champion a model; where it points is what its newest move says, by foreign key';
comment on column perennial.aliases.epoch is 'Fencing token, rises by one with each move; 0 before the first';

create table perennial.incidents (
  incident_id bigint generated always as identity constraint incidents_pkey primary key,
  model_id text not null,
  kind text not null,
  alias text not null,
  epoch integer not null,
  reason text not null,
  opened_by text not null,
  opened_at timestamptz(3) not null,
  constraint incidents_move_fkey foreign key (model_id, alias, epoch)
    references perennial.alias_moves (model_id, alias, epoch),
  constraint incidents_move_key unique (model_id, alias, epoch),
  constraint incidents_kind_known check (kind = 'rollback')
);
comment on column perennial.incidents.epoch is 'Epoch of the alias move that opened it';

create table perennial.blocked_recipes (
  incident_id bigint constraint blocked_recipes_pkey primary key
    constraint blocked_recipes_incident_fkey references perennial.incidents,
  model_id text not null,
  recipe_digest perennial.digest not null,
  version integer not null,
  blocked_at timestamptz(3) not null,
  constraint blocked_recipes_version_fkey foreign key (model_id, version)
    references perennial.versions (model_id, version)
);
comment on column perennial.blocked_recipes.version is 'The version that was rolled back from';
create index blocked_recipes_recipe_idx on perennial.blocked_recipes (model_id, recipe_digest);

create table perennial.incident_closures (
  incident_id bigint constraint incident_closures_pkey primary key
    constraint incident_closures_incident_fkey references perennial.incidents,
  reason text not null,
  closed_by text not null,
  closed_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint incident_closures_reason_given check (reason ~ '\S')
);
comment on table perennial.incident_closures is
  'An incident is closed once, by a person with a reason; that clears the recipe that it blocked';

do $$
declare
  final_table text;
begin
  foreach final_table in array array['alias_moves', 'incidents', 'blocked_recipes', 'incident_closures'] loop
    execute format('create trigger append_only before update or delete on perennial.%I
      for each row execute function perennial.refuse_change()', final_table);
    execute format('create trigger append_only_truncate before truncate on perennial.%I
      for each statement execute function perennial.refuse_change()', final_table);
  end loop;
end
$$;
