-- Incidents of faults that triage finds, every sighting of them, how they end, and the triggers that wait under them.

alter table perennial.incidents
  alter column alias drop not null,
  alter column epoch drop not null,
  drop constraint incidents_kind_known,
  add column cause text,
  add column run_no integer,
  add column clock_mode text,
  add constraint incidents_kind_known check (
    (kind, coalesce(cause, '')) in (('rollback', ''), ('feed', 'broken-feed'), ('logging', 'logging-change'),
      ('code', 'code-or-feature-bug'), ('label', 'label-fault'))),
  add constraint incidents_of_rollback_by_move
    check (num_nonnulls(alias, epoch) = case when kind = 'rollback' then 2 else 0 end),
  add constraint incidents_of_fault_by_run
    check (num_nonnulls(cause, run_no, clock_mode) = case when kind = 'rollback' then 0 else 3 end),
  add constraint incidents_clock_known check (clock_mode in ('wall', 'replay')),
  add constraint incidents_run_fkey foreign key (model_id, run_no) references perennial.runs (model_id, run_no);
comment on column perennial.incidents.epoch is 'Epoch of the alias move that opened it; null for a fault';
comment on column perennial.incidents.cause is 'Verdict of triage; null for a rollback';
comment on column perennial.incidents.run_no is 'The run whose assessment opened it';
comment on column perennial.incidents.clock_mode is 'Of that run: a replayed past and the present share no incident';
create index incidents_model_idx on perennial.incidents (model_id, incident_id);

create table perennial.incident_sightings (
  incident_id bigint not null constraint incident_sightings_incident_fkey references perennial.incidents,
  model_id text not null,
  run_no integer not null,
  digest perennial.digest not null,
  certainty text not null,
  columns text[] not null,
  onset timestamptz(3),
  window_start timestamptz(3) not null,
  window_end timestamptz(3) not null,
  inputs_as_of timestamptz(3) not null,
  reasons jsonb not null,
  at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint incident_sightings_pkey primary key (model_id, run_no, digest),
  constraint incident_sightings_assessment_fkey foreign key (model_id, run_no, digest)
    references perennial.assessments (model_id, run_no, digest),
  constraint incident_sightings_certainty_known check (certainty in ('confirmed', 'suspected')),
  constraint incident_sightings_window_forward check (window_start < window_end),
  constraint incident_sightings_reasons_list check (jsonb_typeof(reasons) = 'array')
);
comment on table perennial.incident_sightings is
  'An assessment that found the fault of an incident; the first one opened it. One found after the closing is answered by it';
comment on column perennial.incident_sightings.digest is 'Of the assessment';
comment on column perennial.incident_sightings.columns is 'Source columns that it names; none: no matter of single columns';
comment on column perennial.incident_sightings.onset is 'Since when, where the facts tell';
comment on column perennial.incident_sightings.window_end is 'Exclusive, UTC';
create index incident_sightings_incident_idx on perennial.incident_sightings (incident_id);

alter table perennial.incident_closures
  add column how text not null default 'person',
  add column is_repaired boolean not null default false,
  add column seen_through timestamptz(3),
  add column evidence_digest perennial.digest,
  add constraint incident_closures_how_known check (how in ('person', 'recovery', 'overruled')),
  add constraint incident_closures_recovery_shown check ((evidence_digest is not null) = (how <> 'person')),
  add constraint incident_closures_repaired_by_person check (how = 'person' or not is_repaired);
comment on table perennial.incident_closures is
  'An incident is closed once, with a reason: by a person, or by an assessment of newer data that excludes its fault. Closing a rollback clears the recipe that it blocked';
comment on column perennial.incident_closures.how is 'overruled: the one run that suspected the fault went on in spite of it';
comment on column perennial.incident_closures.is_repaired is 'The person says that the rows were repaired: the fault, found again, is a new one';
comment on column perennial.incident_closures.seen_through is
  'The fault, found again in data before this, is answered by this incident; null for a rollback';
comment on column perennial.incident_closures.evidence_digest is 'Of the assessment that shows it';

alter table perennial.trigger_states
  add column incident_id bigint constraint trigger_states_incident_fkey references perennial.incidents,
  add constraint trigger_states_incident_when_settled
    check (incident_id is null or state in ('held', 'suppressed'));
comment on column perennial.trigger_states.incident_id is 'The incident under which it is held, or that answers it';

-- A claim that an incident held may start a second run, once the incident is closed.
alter table perennial.runs drop constraint runs_first_trigger_key;
create index runs_first_trigger_idx on perennial.runs (model_id, first_trigger_id);

alter table perennial.model_inboxes add column released_at timestamptz(3);
comment on column perennial.model_inboxes.released_at is
  'An incident was closed then, and what it held is to be judged; null once it was';
create index model_inboxes_released_idx on perennial.model_inboxes (released_at) where released_at is not null;

do $$
declare
  final_table text;
begin
  foreach final_table in array array['incident_sightings'] loop
    execute format('create trigger append_only before update or delete on perennial.%I
      for each row execute function perennial.refuse_change()', final_table);
    execute format('create trigger append_only_truncate before truncate on perennial.%I
      for each statement execute function perennial.refuse_change()', final_table);
  end loop;
end
$$;
