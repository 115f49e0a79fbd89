-- Runs of the past that measure and move nothing.

alter table perennial.runs
  add column promotion text not null default 'by-policy'
    constraint runs_promotion_known check (promotion in ('by-policy', 'off'));
comment on column perennial.runs.promotion is
  'off: the run says what its gates would have done, asks nobody and moves no champion';
