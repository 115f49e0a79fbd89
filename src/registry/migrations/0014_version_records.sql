-- Triage reads the announced versions of a model at every assessment; among a hundred thousand claims there are few of them.
create index triggers_version_idx on perennial.triggers (model_id collate "C", seq desc) where cause = 'version-change';
