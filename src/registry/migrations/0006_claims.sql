-- Claims of monitors, every arrival of every reason, and how far each model's ledger was announced and judged.

alter table perennial.triggers
  add column channel text,
  add column source perennial.external_id,
  add column event_id perennial.external_id,
  add column is_urgent boolean not null default true,
  add column body_digest perennial.digest;
comment on column perennial.triggers.source is 'With event_id the key by which a repeat is known; trigger_id is made of both';
comment on column perennial.triggers.is_urgent is 'It waits for no debounce: a person, the calendar, a new version, a critical claim';
comment on column perennial.triggers.body_digest is 'sha256 of the bytes of its first arrival';
-- By another collation than the primary key's: the check of a foreign key, planned while a table is new and without
-- statistics, would else look a trigger up by its model alone, and read all of a model for each of its triggers.
create index triggers_model_seq_idx on perennial.triggers (model_id collate "C", seq);

create table perennial.claims (
  model_id text not null,
  trigger_id perennial.external_id not null,
  monitor text not null,
  monitor_version text,
  format text not null,
  window_start timestamptz(3) not null,
  window_end timestamptz(3) not null,
  n_reference bigint,
  n_current bigint,
  severity text not null,
  received_at timestamptz(3) not null,
  findings jsonb not null,
  raw_parts jsonb not null,
  absent jsonb not null,
  notes jsonb not null,
  constraint claims_pkey primary key (model_id, trigger_id),
  constraint claims_trigger_fkey foreign key (model_id, trigger_id)
    references perennial.triggers (model_id, trigger_id),
  constraint claims_severity_known check (severity in ('info', 'warning', 'critical')),
  constraint claims_window_forward check (window_start < window_end),
  constraint claims_findings_list check (jsonb_typeof(findings) = 'array'),
  constraint claims_raw_part_each check (jsonb_array_length(raw_parts) = jsonb_array_length(findings)),
  constraint claims_absent_list check (jsonb_typeof(absent) = 'array'),
  constraint claims_notes_list check (jsonb_typeof(notes) = 'array')
);
comment on table perennial.claims is 'What a monitor says, normalised; its trigger is the ledger row';
comment on column perennial.claims.window_end is 'Exclusive, UTC';
comment on column perennial.claims.n_reference is 'Rows; null when the payload does not tell';
comment on column perennial.claims.n_current is 'Rows; null when the payload does not tell';
comment on column perennial.claims.findings is 'Without their raw parts';
comment on column perennial.claims.raw_parts is 'One text a finding, at its place: read only when a person looks';
comment on column perennial.claims.notes is 'What was odd about the payload and was survived, one sentence each';
create index claims_monitor_idx on perennial.claims (model_id collate "C", monitor, received_at desc);
create index claims_window_idx on perennial.claims (model_id collate "C", window_end desc);

create table perennial.claim_receipts (
  receipt_id bigint generated always as identity constraint claim_receipts_pkey primary key,
  model_id text not null,
  trigger_id perennial.external_id not null,
  channel text not null,
  requested_by text not null,
  body_digest perennial.digest not null,
  is_new boolean not null,
  received_at timestamptz(3) not null,
  recorded_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint claim_receipts_trigger_fkey foreign key (model_id, trigger_id)
    references perennial.triggers (model_id, trigger_id),
  constraint claim_receipts_channel_known
    check (channel in ('http', 'direct', 'poller', 'cli', 'schedule', 'coordinator'))
);
comment on table perennial.claim_receipts is 'One row an arrival, repeats too';
comment on column perennial.claim_receipts.body_digest is 'sha256 of the bytes of this arrival: a repeat may differ from the first';
comment on column perennial.claim_receipts.is_new is 'The arrival that made the trigger';
create index claim_receipts_trigger_idx on perennial.claim_receipts (model_id, trigger_id);

create table perennial.model_inboxes (
  model_id text constraint model_inboxes_pkey primary key
    constraint model_inboxes_model_fkey references perennial.models,
  pending_through bigint not null default 0,
  urgent_through bigint not null default 0,
  judged_through bigint not null default 0,
  wake_at timestamptz(3),
  settles_at timestamptz(3),
  notified_through bigint not null default 0,
  notified_urgent_through bigint not null default 0,
  notified_at timestamptz(3),
  constraint model_inboxes_judged_what_came check (judged_through <= pending_through),
  constraint model_inboxes_urgent_came check (urgent_through <= pending_through),
  constraint model_inboxes_notified_what_came check (notified_through <= pending_through)
);
comment on table perennial.model_inboxes is
  'How far a ledger got, in triggers.seq; the row is locked while triggers are added, so that their order is that of commits';
comment on column perennial.model_inboxes.pending_through is 'Newest trigger';
comment on column perennial.model_inboxes.urgent_through is 'Newest trigger that waits for no debounce';
comment on column perennial.model_inboxes.judged_through is 'Newest trigger that a judgement has seen';
comment on column perennial.model_inboxes.wake_at is 'When the newest judgement wants the next one; null when only a message can change anything';
comment on column perennial.model_inboxes.settles_at is 'End of the debounce that runs: before it, what is not urgent changes nothing';
comment on column perennial.model_inboxes.notified_through is 'Newest trigger that the coordinator was told of';
comment on column perennial.model_inboxes.notified_at is 'When it was told last';
create index model_inboxes_unjudged_idx on perennial.model_inboxes (model_id) where pending_through > judged_through;
create index model_inboxes_wake_idx on perennial.model_inboxes (wake_at) where wake_at is not null;

insert into perennial.model_inboxes (model_id, pending_through, urgent_through)
select m.model_id, coalesce(max(t.seq), 0), coalesce(max(t.seq), 0)
from perennial.models m left join perennial.triggers t using (model_id) group by m.model_id;

create table perennial.model_pauses (
  model_id text not null constraint model_pauses_model_fkey references perennial.models,
  seq integer not null,
  event_id perennial.external_id not null,
  is_paused boolean not null,
  set_by text not null,
  reason text not null,
  set_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint model_pauses_pkey primary key (model_id, seq),
  constraint model_pauses_event_key unique (model_id, event_id),
  constraint model_pauses_seq_positive check (seq > 0),
  constraint model_pauses_reason_given check (reason ~ '\S')
);
comment on table perennial.model_pauses is 'Who paused and resumed a model, and why; the row with the highest seq holds now';

create table perennial.label_counts (
  model_id text not null,
  trigger_id perennial.external_id not null,
  counted_since timestamptz(3) not null,
  labels bigint not null,
  at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint label_counts_pkey primary key (model_id, trigger_id, counted_since),
  constraint label_counts_trigger_fkey foreign key (model_id, trigger_id)
    references perennial.triggers (model_id, trigger_id),
  constraint label_counts_not_negative check (labels >= 0)
);
comment on table perennial.label_counts is 'Labels that a labels notice brought, counted in the source';
comment on column perennial.label_counts.counted_since is 'End of the training window of the champion of that moment';

-- Escalated ones are judged again too.
drop index perennial.trigger_heads_waiting_idx;
create index trigger_heads_waiting_idx on perennial.trigger_heads (model_id, trigger_id)
  where state in ('held', 'pending', 'escalated');

-- Once a statement instead of once a row, since triggers arrive by the hundred. What it writes comes from trigger_states,
-- whose rows refer to triggers already: a second check of each head would double the work.
drop trigger keeps_head on perennial.trigger_states;
alter table perennial.trigger_heads drop constraint trigger_heads_trigger_fkey;
create or replace function perennial.follow_trigger_state() returns trigger
  language plpgsql set search_path = pg_catalog as $$
begin
  insert into perennial.trigger_heads as head (model_id, trigger_id, step, state)
  select distinct on (model_id, trigger_id) model_id, trigger_id, step, state
  from added order by model_id, trigger_id, step desc
  on conflict on constraint trigger_heads_pkey
    do update set step = excluded.step, state = excluded.state where head.step < excluded.step;
  return null;
end
$$;
create trigger keeps_head after insert on perennial.trigger_states
  referencing new table as added for each statement execute function perennial.follow_trigger_state();

do $$
declare
  final_table text;
begin
  foreach final_table in array array['claims', 'claim_receipts', 'model_pauses', 'label_counts'] loop
    execute format('create trigger append_only before update or delete on perennial.%I
      for each row execute function perennial.refuse_change()', final_table);
    execute format('create trigger append_only_truncate before truncate on perennial.%I
      for each statement execute function perennial.refuse_change()', final_table);
  end loop;
end
$$;

-- Which labels the open run is to be told of, without reading the whole ledger.
create index triggers_labels_idx on perennial.triggers (model_id collate "C", seq desc) where cause = 'labels';
