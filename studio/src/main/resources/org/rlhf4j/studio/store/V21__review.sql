ALTER TABLE project ADD COLUMN gold_share DOUBLE PRECISION NOT NULL DEFAULT 0; -- of an annotator's items

ALTER TABLE item ADD COLUMN gold TEXT; -- JSON: the right answer, of an item that checks annotators
ALTER TABLE item ADD COLUMN settled INTEGER NOT NULL DEFAULT 0; -- 1 where a reviewer has decided

CREATE INDEX gold_item ON item (project_id, place, id) WHERE gold IS NOT NULL;
CREATE INDEX standing_of ON standing (annotator_id, verdict_id);

-- What reviewers decided, in the order in which they did. Rows are only ever added; an item's last one holds.
CREATE TABLE settlement (
  id ${key},
  event TEXT NOT NULL UNIQUE, -- made in the browser: a repeated request changes nothing
  item_id BIGINT NOT NULL REFERENCES item (id),
  annotator_id BIGINT NOT NULL REFERENCES annotator (id),
  act TEXT NOT NULL, -- answer, leave-out, reopen
  answer TEXT NOT NULL, -- JSON
  time BIGINT NOT NULL
);

CREATE INDEX settlement_of ON settlement (item_id, id);

-- Items that were sent to reviewers.
CREATE TABLE referral (
  id ${key},
  item_id BIGINT NOT NULL REFERENCES item (id),
  annotator_id BIGINT NOT NULL REFERENCES annotator (id), -- who sent it
  reason TEXT NOT NULL,
  settlements BIGINT NOT NULL, -- that the item had before; with another one it is done
  time BIGINT NOT NULL
);

CREATE INDEX referral_of ON referral (item_id);
