-- Who may speak to the gateway. Only the sha256 of a token is kept: a copy of this table lets nobody in.

create table perennial.tokens (
  token_id bigint generated always as identity constraint tokens_pkey primary key,
  name text not null,
  secret_hash perennial.digest not null,
  roles text[] not null,
  models text[],
  created_by text not null,
  created_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  expires_at timestamptz(3),
  revoked_at timestamptz(3),
  revoked_by text,
  constraint tokens_hash_key unique (secret_hash),
  constraint tokens_name_format check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  constraint tokens_roles_known
    check (cardinality(roles) > 0 and roles <@ array['signal', 'read', 'retrain', 'approve', 'admin']),
  constraint tokens_models_some check (cardinality(models) > 0),
  constraint tokens_expires_later check (expires_at > created_at),
  constraint tokens_revoked_whole check ((revoked_at is null) = (revoked_by is null))
);
comment on table perennial.tokens is 'A row changes once, when it is revoked';
comment on column perennial.tokens.secret_hash is 'sha256 of the whole token, which holds 256 random bits';
comment on column perennial.tokens.models is 'Null: every model';
create unique index tokens_one_live_name_idx on perennial.tokens (name) where revoked_at is null;

create trigger only_revoked before update on perennial.tokens
  for each row when (
    old.revoked_at is not null or new.revoked_at is null
    or (old.token_id, old.name, old.secret_hash, old.roles, old.models, old.created_by, old.created_at, old.expires_at)
      is distinct from
      (new.token_id, new.name, new.secret_hash, new.roles, new.models, new.created_by, new.created_at, new.expires_at)
  ) execute function perennial.refuse_change();
create trigger never_deleted before delete on perennial.tokens
  for each row execute function perennial.refuse_change();
create trigger never_truncated before truncate on perennial.tokens
  for each statement execute function perennial.refuse_change();

-- By digest alone: which models an artifact belongs to.
create index versions_artifact_idx on perennial.versions (artifact_digest);
create index snapshots_parquet_idx on perennial.snapshots (parquet_digest);
create index snapshots_manifest_idx on perennial.snapshots (manifest_digest);
create index evaluation_results_report_idx on perennial.evaluation_results ((summary -> 'report' ->> 'digest'));
