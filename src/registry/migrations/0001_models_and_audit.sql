-- Foundation: the guards of append-only tables, models, specs, and the audit chain that every later table reports to.
-- All instants are UTC with millisecond precision, so that what a reader sees is exactly what is compared.

create domain perennial.digest as text
  constraint digest_format check (value ~ '^[0-9a-f]{64}$');
comment on domain perennial.digest is 'sha256, lower-case hex';

-- What a caller chose to name something by. Bounded, because it stands in unique indexes.
create domain perennial.external_id as text
  constraint external_id_length check (octet_length(value) between 1 and 1200);
comment on domain perennial.external_id is 'An id from outside, 1 to 1200 bytes of UTF-8';

-- Holds for everybody, the owner included: privileges alone would not stop whoever connects as owner.
create function perennial.refuse_change() returns trigger
  language plpgsql set search_path = pg_catalog as $$
begin
  raise exception 'perennial.%: % refused, its rows are final', tg_table_name, lower(tg_op)
    using errcode = 'restrict_violation', hint = 'Append a new row instead.';
end
$$;

create table perennial.models (
  model_id text constraint models_pkey primary key,
  created_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  last_run_no integer not null default 0,
  last_version integer not null default 0,
  constraint models_model_id_format check (model_id ~ '^[a-z0-9][a-z0-9-]{0,62}$')
);
comment on table perennial.models is 'One row a model; the row that every write of a model locks first';
comment on column perennial.models.last_run_no is 'Newest run number given out, counted from 1';
comment on column perennial.models.last_version is 'Newest version number given out, counted from 1';

create table perennial.specs (
  digest perennial.digest constraint specs_pkey primary key,
  model_id text not null constraint specs_model_fkey references perennial.models,
  canonical_text text not null,
  created_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint specs_model_digest_key unique (model_id, digest)
);
comment on table perennial.specs is 'Parsed specs, immutable, by the digest of their canonical text';

create table perennial.spec_versions (
  model_id text not null,
  seq integer not null,
  spec_digest perennial.digest not null,
  applied_by text not null,
  since timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint spec_versions_pkey primary key (model_id, seq),
  constraint spec_versions_spec_fkey foreign key (model_id, spec_digest) references perennial.specs (model_id, digest),
  constraint spec_versions_seq_positive check (seq > 0)
);
comment on table perennial.spec_versions is 'Which spec was current since when; the newest seq is the current one';

create table perennial.audit (
  model_id text not null constraint audit_model_fkey references perennial.models,
  seq integer not null,
  at timestamptz(3) not null,
  kind text not null,
  canonical_text text not null,
  previous_hash perennial.digest not null,
  hash perennial.digest not null,
  constraint audit_pkey primary key (model_id, seq),
  constraint audit_seq_positive check (seq > 0)
);
comment on table perennial.audit is 'Hash chain a model: hash = sha256(previous_hash followed by canonical_text)';
comment on column perennial.audit.canonical_text is 'Canonical JSON of {at, body, kind, modelId, seq}';
comment on column perennial.audit.previous_hash is 'Hash of seq - 1; 64 zeros for the first';

create table perennial.audit_heads (
  model_id text constraint audit_heads_pkey primary key constraint audit_heads_model_fkey references perennial.models,
  seq integer not null,
  hash perennial.digest not null,
  constraint audit_heads_seq_not_negative check (seq >= 0)
);
comment on table perennial.audit_heads is 'Newest link of each chain, locked while a link is added';
comment on column perennial.audit_heads.seq is 'Number of links; 0 before the first';

do $$
declare
  final_table text;
begin
  foreach final_table in array array['specs', 'spec_versions', 'audit'] loop
    execute format('create trigger append_only before update or delete on perennial.%I
      for each row execute function perennial.refuse_change()', final_table);
    execute format('create trigger append_only_truncate before truncate on perennial.%I
      for each statement execute function perennial.refuse_change()', final_table);
  end loop;
end
$$;
