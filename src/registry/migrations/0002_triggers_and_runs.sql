-- Why a run starts, and what happened in it.

create table perennial.triggers (
  model_id text not null constraint triggers_model_fkey references perennial.models,
  trigger_id perennial.external_id not null,
  seq bigint generated always as identity,
  cause text not null,
  requested_by text not null,
  clock jsonb not null,
  body jsonb not null,
  created_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint triggers_pkey primary key (model_id, trigger_id),
  constraint triggers_seq_key unique (seq),
  constraint triggers_cause_known
    check (cause in ('schedule', 'drift', 'performance', 'labels', 'version-change', 'manual'))
);
comment on column perennial.triggers.seq is 'Order of arrival';
comment on column perennial.triggers.clock is 'Wall time, or replay with its now, for the run that it starts';

create table perennial.runs (
  model_id text not null constraint runs_model_fkey references perennial.models,
  run_no integer not null,
  workflow_id text not null,
  first_trigger_id perennial.external_id not null,
  cause text not null,
  spec_digest perennial.digest not null,
  requested_by text not null,
  clock jsonb not null,
  opened_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  closed_at timestamptz(3),
  outcome jsonb,
  failure text,
  constraint runs_pkey primary key (model_id, run_no),
  constraint runs_workflow_key unique (workflow_id),
  constraint runs_first_trigger_key unique (model_id, first_trigger_id),
  constraint runs_trigger_fkey foreign key (model_id, first_trigger_id)
    references perennial.triggers (model_id, trigger_id),
  constraint runs_spec_fkey foreign key (model_id, spec_digest) references perennial.specs (model_id, digest),
  constraint runs_number_positive check (run_no > 0),
  constraint runs_cause_known
    check (cause in ('schedule', 'drift', 'performance', 'labels', 'version-change', 'manual')),
  constraint runs_closed_with_result check (num_nonnulls(outcome, failure) = num_nonnulls(closed_at))
);
comment on column perennial.runs.clock is 'Wall time, or replay with its first now';
comment on column perennial.runs.outcome is 'Set when the workflow completed';
comment on column perennial.runs.failure is 'Set when the workflow failed, a fault of ours or of the infrastructure';
create unique index runs_one_open_idx on perennial.runs (model_id) where closed_at is null;
create index runs_opened_idx on perennial.runs (opened_at desc);

create table perennial.trigger_states (
  model_id text not null,
  trigger_id perennial.external_id not null,
  step integer not null,
  state text not null,
  reason text not null,
  run_no integer,
  at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint trigger_states_pkey primary key (model_id, trigger_id, step),
  constraint trigger_states_trigger_fkey foreign key (model_id, trigger_id)
    references perennial.triggers (model_id, trigger_id),
  constraint trigger_states_run_fkey foreign key (model_id, run_no) references perennial.runs (model_id, run_no),
  constraint trigger_states_state_known
    check (state in ('pending', 'started', 'merged', 'held', 'suppressed', 'escalated', 'refused')),
  constraint trigger_states_step_positive check (step > 0)
);
comment on table perennial.trigger_states is 'Ledger: the row with the highest step is the present state';
comment on column perennial.trigger_states.step is 'Counted from 1 for each trigger';
create index trigger_states_waiting_idx on perennial.trigger_states (model_id, trigger_id, step)
  where state in ('held', 'pending');
create index trigger_states_run_idx on perennial.trigger_states (model_id, run_no) where run_no is not null;

create table perennial.run_stages (
  model_id text not null,
  run_no integer not null,
  step integer not null,
  stage text not null,
  at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint run_stages_pkey primary key (model_id, run_no, step),
  constraint run_stages_run_fkey foreign key (model_id, run_no) references perennial.runs (model_id, run_no),
  constraint run_stages_stage_known
    check (stage in ('assess', 'labels', 'freeze', 'train', 'evaluate', 'approve', 'promote', 'done')),
  constraint run_stages_step_positive check (step > 0)
);
comment on table perennial.run_stages is 'The row with the highest step is the present stage; a stage may be entered twice';
comment on column perennial.run_stages.at is 'When the stage was entered';

create table perennial.assessments (
  assessment_id bigint generated always as identity constraint assessments_pkey primary key,
  model_id text not null,
  run_no integer not null,
  digest perennial.digest not null,
  verdict text not null,
  inputs_as_of timestamptz(3) not null,
  assessment jsonb not null,
  at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint assessments_run_fkey foreign key (model_id, run_no) references perennial.runs (model_id, run_no),
  constraint assessments_content_key unique (model_id, run_no, digest)
);
comment on column perennial.assessments.digest is 'Over the assessment: the same one twice is one row';

create table perennial.label_coverage (
  coverage_id bigint generated always as identity constraint label_coverage_pkey primary key,
  model_id text not null,
  run_no integer not null,
  kind text not null,
  digest perennial.digest not null,
  as_of timestamptz(3) not null,
  overall double precision not null,
  coverage jsonb not null,
  at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint label_coverage_run_fkey foreign key (model_id, run_no) references perennial.runs (model_id, run_no),
  constraint label_coverage_content_key unique (model_id, run_no, kind, digest),
  constraint label_coverage_kind_known check (kind in ('training', 'holdout')),
  constraint label_coverage_overall_fraction check (overall between 0 and 1)
);
comment on column perennial.label_coverage.overall is 'Fraction of rows with a label, in [0, 1]';

create table perennial.snapshots (
  model_id text not null,
  run_no integer not null,
  kind text not null,
  content_digest perennial.digest not null,
  parquet_digest perennial.digest not null,
  parquet_bytes bigint not null,
  manifest_digest perennial.digest not null,
  manifest_bytes bigint not null,
  window_start timestamptz(3) not null,
  window_end timestamptz(3) not null,
  as_of timestamptz(3) not null,
  rows_in bigint not null,
  rows_used bigint not null,
  rows_unlabelled bigint not null,
  rows_excluded bigint not null,
  rows_quarantined bigint not null,
  at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint snapshots_pkey primary key (model_id, run_no, kind),
  constraint snapshots_run_fkey foreign key (model_id, run_no) references perennial.runs (model_id, run_no),
  constraint snapshots_kind_known check (kind in ('training', 'holdout')),
  constraint snapshots_window_forward check (window_start < window_end),
  constraint snapshots_rows_add_up
    check (rows_in = rows_used + rows_unlabelled + rows_excluded + rows_quarantined)
);
comment on table perennial.snapshots is 'One a run and kind: what the first attempt froze is what the run uses';
comment on column perennial.snapshots.content_digest is 'Over canonical rows, independent of the Parquet writer';
comment on column perennial.snapshots.parquet_bytes is 'Size in bytes';
comment on column perennial.snapshots.manifest_bytes is 'Size in bytes';
comment on column perennial.snapshots.window_end is 'Exclusive, UTC';
comment on column perennial.snapshots.rows_in is 'Rows in the window; the four below add up to it';

create trigger final_when_closed before update on perennial.runs
  for each row when (old.closed_at is not null) execute function perennial.refuse_change();
create trigger never_deleted before delete on perennial.runs
  for each row execute function perennial.refuse_change();

do $$
declare
  final_table text;
begin
  foreach final_table in array array[
    'triggers', 'trigger_states', 'run_stages', 'assessments', 'label_coverage', 'snapshots'
  ] loop
    execute format('create trigger append_only before update or delete on perennial.%I
      for each row execute function perennial.refuse_change()', final_table);
    execute format('create trigger append_only_truncate before truncate on perennial.%I
      for each statement execute function perennial.refuse_change()', final_table);
  end loop;
end
$$;
