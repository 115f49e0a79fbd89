-- What a run made, how it was judged, and who decided about it.

create table perennial.versions (
  model_id text not null,
  version integer not null,
  run_no integer not null,
  attempt integer not null,
  artifact_digest perennial.digest not null,
  artifact_bytes bigint not null,
  recipe_digest perennial.digest not null,
  training_content_digest perennial.digest not null,
  training_window_start timestamptz(3) not null,
  training_window_end timestamptz(3) not null,
  training jsonb not null,
  registered_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint versions_pkey primary key (model_id, version),
  constraint versions_run_key unique (model_id, run_no),
  constraint versions_run_fkey foreign key (model_id, run_no) references perennial.runs (model_id, run_no),
  constraint versions_number_positive check (version > 0),
  constraint versions_attempt_positive check (attempt > 0),
  constraint versions_window_forward check (training_window_start < training_window_end)
);
comment on table perennial.versions is 'Immutable; one a run';
comment on column perennial.versions.attempt is 'Attempt of the training activity that registered it, counted from 1';
comment on column perennial.versions.artifact_bytes is 'Size in bytes';
comment on column perennial.versions.recipe_digest is 'Over the spec digest and the digest of the trainer''s code';
comment on column perennial.versions.training_window_end is 'Exclusive, UTC';
comment on column perennial.versions.training is 'Training epochs, losses and environment: what equality of digests depends on';

create table perennial.evaluations (
  evaluation_id bigint generated always as identity constraint evaluations_pkey primary key,
  model_id text not null,
  run_no integer not null,
  candidate_version integer not null,
  champion_version integer,
  champion_epoch integer not null,
  holdout_content_digest perennial.digest not null,
  begun_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint evaluations_run_fkey foreign key (model_id, run_no) references perennial.runs (model_id, run_no),
  constraint evaluations_candidate_fkey foreign key (model_id, candidate_version)
    references perennial.versions (model_id, version),
  constraint evaluations_champion_fkey foreign key (model_id, champion_version)
    references perennial.versions (model_id, version),
  constraint evaluations_pair_key
    unique nulls not distinct (model_id, run_no, candidate_version, champion_version, champion_epoch)
);
comment on column perennial.evaluations.champion_epoch is 'Epoch of the champion alias that the candidate is compared with';

create table perennial.holdout_looks (
  evaluation_id bigint constraint holdout_looks_pkey primary key
    constraint holdout_looks_evaluation_fkey references perennial.evaluations,
  model_id text not null constraint holdout_looks_model_fkey references perennial.models,
  window_start timestamptz(3) not null,
  window_end timestamptz(3) not null,
  constraint holdout_looks_window_forward check (window_start < window_end)
);
comment on table perennial.holdout_looks is 'Registered before anything is scored, so that a look counts even if scoring dies';
comment on column perennial.holdout_looks.window_end is 'Exclusive, UTC';
create index holdout_looks_range_idx on perennial.holdout_looks (model_id, window_start, window_end);

create table perennial.evaluation_results (
  evaluation_id bigint not null constraint evaluation_results_evaluation_fkey references perennial.evaluations,
  evidence_digest perennial.digest not null,
  step integer not null,
  verdict text not null,
  comparison text not null,
  summary jsonb not null,
  finished_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint evaluation_results_pkey primary key (evaluation_id, evidence_digest),
  constraint evaluation_results_step_key unique (evaluation_id, step),
  constraint evaluation_results_verdict_known
    check (verdict in ('promote', 'reject', 'needs-approval', 'inconclusive')),
  constraint evaluation_results_comparison_known
    check (comparison in ('win', 'loss', 'tie', 'not-enough-data')),
  constraint evaluation_results_step_positive check (step > 0)
);
comment on table perennial.evaluation_results is
  'The highest step is the present result; a scoring that had to be repeated and measured otherwise keeps both';

create table perennial.gate_results (
  evaluation_id bigint not null,
  evidence_digest perennial.digest not null,
  position integer not null,
  gate text not null,
  metric text not null,
  slice text not null,
  required boolean not null,
  value double precision,
  interval_lower double precision,
  interval_upper double precision,
  interval_confidence double precision,
  threshold double precision,
  passed boolean,
  reason text not null,
  constraint gate_results_pkey primary key (evaluation_id, evidence_digest, position),
  constraint gate_results_result_fkey foreign key (evaluation_id, evidence_digest)
    references perennial.evaluation_results (evaluation_id, evidence_digest),
  constraint gate_results_interval_whole
    check (num_nonnulls(interval_lower, interval_upper, interval_confidence) in (0, 3)),
  constraint gate_results_nan_never_passes
    check (passed is not true or (value is distinct from 'NaN'::double precision
      and threshold is distinct from 'NaN'::double precision))
);
comment on column perennial.gate_results.position is 'Order in the verdict, counted from 1';
comment on column perennial.gate_results.value is 'In the unit of the metric';
comment on column perennial.gate_results.interval_confidence is 'Two-sided, fraction in (0, 1)';
comment on column perennial.gate_results.passed is 'Null: not assessable, which is never a pass';

create table perennial.approvals (
  model_id text not null,
  run_no integer not null,
  event_id perennial.external_id not null,
  decision text not null,
  decided_by text not null,
  reason text not null,
  evidence text not null,
  channel text not null,
  is_accepted boolean not null,
  answer_code text not null,
  answer_reason text not null,
  decided_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint approvals_pkey primary key (model_id, run_no, event_id),
  constraint approvals_run_fkey foreign key (model_id, run_no) references perennial.runs (model_id, run_no),
  constraint approvals_decision_known check (decision in ('approve', 'reject')),
  constraint approvals_channel_known check (channel in ('update', 'signal', 'client'))
);
comment on table perennial.approvals is 'One row a decision, refused ones too';
comment on column perennial.approvals.evidence is 'Prefix of the evidence digest, as given';

do $$
declare
  final_table text;
begin
  foreach final_table in array array[
    'versions', 'evaluations', 'holdout_looks', 'evaluation_results', 'gate_results', 'approvals'
  ] loop
    execute format('create trigger append_only before update or delete on perennial.%I
      for each row execute function perennial.refuse_change()', final_table);
    execute format('create trigger append_only_truncate before truncate on perennial.%I
      for each statement execute function perennial.refuse_change()', final_table);
  end loop;
end
$$;
