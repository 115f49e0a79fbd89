-- How far each poller of a monitor's own tables has read.

create table perennial.poller_cursors (
  poller_id perennial.external_id not null,
  place jsonb not null,
  moves integer not null,
  moved_at timestamptz(3) not null default date_trunc('milliseconds', clock_timestamp()),
  constraint poller_cursors_pkey primary key (poller_id),
  constraint poller_cursors_moves_positive check (moves > 0)
);
comment on table perennial.poller_cursors is 'Moved only after what was read up to there is in the ledger';
comment on column perennial.poller_cursors.place is 'What it means is the business of the reader of that kind of monitor';
comment on column perennial.poller_cursors.moves is 'Times moved: a poller that read from an older place does not set it back';
