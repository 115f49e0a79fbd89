-- What a source is expected to look like, reviewed by people; and the rows that freezing left out, by reason.

create table perennial.source_schemas (
  model_id text not null constraint source_schemas_model_fkey references perennial.models,
  version integer not null,
  digest perennial.digest not null,
  schema jsonb not null,
  spec_digest perennial.digest not null,
  window_start timestamptz(3) not null,
  window_end timestamptz(3) not null,
  as_of timestamptz(3) not null,
  rows bigint not null,
  proposed_by text not null,
  proposed_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint source_schemas_pkey primary key (model_id, version),
  constraint source_schemas_content_key unique (model_id, digest),
  constraint source_schemas_spec_fkey foreign key (model_id, spec_digest) references perennial.specs (model_id, digest),
  constraint source_schemas_version_positive check (version > 0),
  constraint source_schemas_window_forward check (window_start < window_end)
);
comment on table perennial.source_schemas is 'Inferred from rows of a window; a proposal until a person accepts it';

create table perennial.schema_reviews (
  review_id bigint generated always as identity constraint schema_reviews_pkey primary key,
  model_id text not null,
  version integer not null,
  accepted_by text not null,
  reason text not null,
  at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint schema_reviews_schema_fkey foreign key (model_id, version)
    references perennial.source_schemas (model_id, version)
);
create index schema_reviews_newest_idx on perennial.schema_reviews (model_id, review_id desc);
comment on table perennial.schema_reviews is 'The newest review of a model names the schema that holds';

create table perennial.quarantines (
  model_id text not null,
  run_no integer not null,
  kind text not null,
  reason text not null,
  rows bigint not null,
  examples jsonb not null,
  constraint quarantines_pkey primary key (model_id, run_no, kind, reason),
  constraint quarantines_snapshot_fkey foreign key (model_id, run_no, kind)
    references perennial.snapshots (model_id, run_no, kind),
  constraint quarantines_rows_positive check (rows > 0)
);
comment on table perennial.quarantines is 'Rows that a snapshot left out, by the row-level check that failed first';
comment on column perennial.quarantines.examples is 'Ids of some of them, in order';

create table perennial.quarantine_releases (
  release_id bigint generated always as identity constraint quarantine_releases_pkey primary key,
  model_id text not null constraint quarantine_releases_model_fkey references perennial.models,
  event_id perennial.external_id not null,
  reason text not null,
  window_start timestamptz(3) not null,
  window_end timestamptz(3) not null,
  released_by text not null,
  why text not null,
  at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint quarantine_releases_event_key unique (model_id, event_id),
  constraint quarantine_releases_window_forward check (window_start < window_end)
);
comment on table perennial.quarantine_releases is
  'A person vouches for rows of a window that fail a check: later snapshots use them';

do $$
declare
  final_table text;
begin
  foreach final_table in array array['source_schemas', 'schema_reviews', 'quarantines', 'quarantine_releases'] loop
    execute format('create trigger append_only before update or delete on perennial.%I
      for each row execute function perennial.refuse_change()', final_table);
    execute format('create trigger append_only_truncate before truncate on perennial.%I
      for each statement execute function perennial.refuse_change()', final_table);
  end loop;
end
$$;
