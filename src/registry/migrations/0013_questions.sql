-- A run asks about missing labels and, since triage, about its assessment: each row says which of them was meant.

alter table perennial.label_decisions
  add column question text default 'labels',
  add constraint label_decisions_question_known check (question in ('labels', 'assessment')),
  add constraint label_decisions_labels_alone
    check (question is distinct from 'assessment' or decision in ('proceed', 'abort') or not is_accepted);
alter table perennial.label_decisions alter column question drop default;
comment on table perennial.label_decisions is
  'One row a word on what a run asked, or on its deadline for labels; refused ones too';
comment on column perennial.label_decisions.question is
  'What was meant; null where nothing was asked and the message named no question';
