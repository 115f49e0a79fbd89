-- What people say to a run that waits for labels; and which triggers wait now, without reading the whole ledger.

create table perennial.label_decisions (
  model_id text not null,
  run_no integer not null,
  event_id perennial.external_id not null,
  decision text not null,
  until timestamptz(3),
  decided_by text not null,
  reason text not null,
  channel text not null,
  is_accepted boolean not null,
  answer_code text not null,
  answer_reason text not null,
  decided_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint label_decisions_pkey primary key (model_id, run_no, event_id),
  constraint label_decisions_run_fkey foreign key (model_id, run_no) references perennial.runs (model_id, run_no),
  constraint label_decisions_decision_known check (decision in ('proceed', 'shrink', 'abort', 'extend')),
  constraint label_decisions_until_of_extend check ((until is not null) = (decision = 'extend')),
  constraint label_decisions_channel_known check (channel in ('update', 'signal', 'client'))
);
comment on table perennial.label_decisions is 'One row a decision about missing labels, refused ones too';
comment on column perennial.label_decisions.until is 'The later deadline that was asked for';

create trigger append_only before update or delete on perennial.label_decisions
  for each row execute function perennial.refuse_change();
create trigger append_only_truncate before truncate on perennial.label_decisions
  for each statement execute function perennial.refuse_change();

create table perennial.trigger_heads (
  model_id text not null,
  trigger_id perennial.external_id not null,
  step integer not null,
  state text not null,
  constraint trigger_heads_pkey primary key (model_id, trigger_id),
  constraint trigger_heads_trigger_fkey foreign key (model_id, trigger_id)
    references perennial.triggers (model_id, trigger_id)
);
comment on table perennial.trigger_heads is
  'Present state of each trigger, kept by a database trigger on trigger_states, which holds the truth';
create index trigger_heads_waiting_idx on perennial.trigger_heads (model_id, trigger_id)
  where state in ('held', 'pending');

insert into perennial.trigger_heads (model_id, trigger_id, step, state)
select distinct on (model_id, trigger_id) model_id, trigger_id, step, state
from perennial.trigger_states order by model_id, trigger_id, step desc;

create function perennial.follow_trigger_state() returns trigger
  language plpgsql set search_path = pg_catalog as $$
begin
  insert into perennial.trigger_heads as head (model_id, trigger_id, step, state)
  values (new.model_id, new.trigger_id, new.step, new.state)
  on conflict on constraint trigger_heads_pkey
    do update set step = excluded.step, state = excluded.state where head.step < excluded.step;
  return null;
end
$$;
create trigger keeps_head after insert on perennial.trigger_states
  for each row execute function perennial.follow_trigger_state();

-- It held every trigger that ever arrived, since each was pending once.
drop index perennial.trigger_states_waiting_idx;
