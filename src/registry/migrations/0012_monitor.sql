-- Figures of the built-in monitor: what each champion is compared with, one row a figure and period, and what became of each look.

create table perennial.monitor_baselines (
  model_id text not null,
  champion_version integer not null,
  artifact_digest perennial.digest not null,
  artifact_bytes bigint not null,
  made_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint monitor_baselines_pkey primary key (model_id, champion_version),
  constraint monitor_baselines_version_fkey foreign key (model_id, champion_version)
    references perennial.versions (model_id, version),
  constraint monitor_baselines_bytes_positive check (artifact_bytes > 0)
);
comment on table perennial.monitor_baselines is
  'How the columns of a champion''s training snapshot and its scores on its holdout were spread, made once from the frozen snapshots';

create table perennial.monitor_points (
  model_id text not null,
  series text not null,
  period_end timestamptz(3) not null,
  champion_version integer not null,
  scope text not null,
  column_name text,
  value double precision,
  lower double precision,
  upper double precision,
  confidence double precision,
  threshold double precision,
  alert boolean,
  adjusted_p double precision,
  bin_error double precision,
  window_start timestamptz(3) not null,
  window_end timestamptz(3) not null,
  rows bigint not null,
  days integer not null,
  reference_days integer not null,
  method text not null,
  note text not null,
  measured_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint monitor_points_pkey primary key (model_id, series, period_end, champion_version),
  constraint monitor_points_version_fkey foreign key (model_id, champion_version)
    references perennial.versions (model_id, version),
  constraint monitor_points_interval_whole
    check ((lower is null) = (upper is null) and (lower is null) = (confidence is null)),
  constraint monitor_points_window_forward check (window_start < window_end),
  constraint monitor_points_counts check (rows >= 0 and days >= 0 and reference_days >= 0)
);
comment on table perennial.monitor_points is 'One figure of one period of one champion; a promotion begins each series anew';
comment on column perennial.monitor_points.period_end is 'The UTC midnight that the look was about, exclusive';
comment on column perennial.monitor_points.value is 'Null: could not be measured; note says why';
comment on column perennial.monitor_points.confidence is 'Two-sided, of lower and upper; fraction';
comment on column perennial.monitor_points.alert is 'Null: no rule looks at the series, or it could not be judged';
comment on column perennial.monitor_points.adjusted_p is 'Benjamini-Hochberg over all series that were tested in the period';
comment on column perennial.monitor_points.bin_error is 'What the stored profile may hide at most, in the unit of value';
comment on column perennial.monitor_points.window_end is 'Exclusive; of realised figures the end of the newest mature days';
create index monitor_points_newest_idx on perennial.monitor_points (model_id, period_end desc);

create table perennial.monitor_looks (
  look_id bigint generated always as identity constraint monitor_looks_pkey primary key,
  model_id text not null constraint monitor_looks_model_fkey references perennial.models,
  period_end timestamptz(3) not null,
  champion_version integer,
  outcome text not null,
  reason text not null,
  alerts jsonb not null,
  trigger_id perennial.external_id,
  as_of timestamptz(3) not null,
  looked_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint monitor_looks_key unique nulls not distinct (model_id, period_end, champion_version, outcome),
  constraint monitor_looks_outcome_known check (outcome in ('measured', 'no-champion', 'nothing-new')),
  constraint monitor_looks_alerts_list check (jsonb_typeof(alerts) = 'array')
);
comment on table perennial.monitor_looks is 'What became of each look; one that measured nothing says why';
comment on column perennial.monitor_looks.alerts is 'Names of the series that alert';
comment on column perennial.monitor_looks.trigger_id is 'The claim that was raised; null: none was';
comment on column perennial.monitor_looks.as_of is 'The instant whose knowledge was used';

do $$
declare
  final_table text;
begin
  foreach final_table in array array['monitor_baselines', 'monitor_points', 'monitor_looks'] loop
    execute format('create trigger append_only before update or delete on perennial.%I
      for each row execute function perennial.refuse_change()', final_table);
    execute format('create trigger append_only_truncate before truncate on perennial.%I
      for each statement execute function perennial.refuse_change()', final_table);
  end loop;
end
$$;
