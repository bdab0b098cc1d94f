-- ${key} is a whole number that the database counts up by itself. Times are milliseconds since 1970.

CREATE TABLE project (
  id ${key},
  name TEXT NOT NULL UNIQUE,
  guidelines TEXT NOT NULL,
  target INTEGER NOT NULL, -- annotators of an item
  revision BIGINT NOT NULL, -- counted up by each change, which so waits for the one before
  created BIGINT NOT NULL
);

CREATE TABLE annotator (
  id ${key},
  name TEXT, -- empty once it is erased; the number stays
  created BIGINT NOT NULL
);

CREATE TABLE item (
  id ${key},
  project_id BIGINT NOT NULL REFERENCES project (id),
  kind TEXT NOT NULL, -- compare, rank, write
  prompt TEXT NOT NULL, -- JSON: a text, or messages
  completions TEXT NOT NULL, -- JSON: a list of them
  labelled INTEGER NOT NULL, -- 1 where the row's own order is best first
  source TEXT NOT NULL, -- file:line:column of the row, or the models
  digest TEXT NOT NULL, -- of prompt and completions
  chosen_by TEXT NOT NULL, -- how its place in the order was chosen
  place DOUBLE PRECISION NOT NULL, -- in that order, the least first
  answers INTEGER NOT NULL, -- annotators whose answer counts
  is_open INTEGER NOT NULL, -- 1 while it wants more
  UNIQUE (project_id, digest)
);

CREATE INDEX item_order ON item (project_id, is_open, place, id);

CREATE TABLE lease (
  item_id BIGINT NOT NULL REFERENCES item (id),
  annotator_id BIGINT NOT NULL REFERENCES annotator (id),
  expires BIGINT NOT NULL,
  PRIMARY KEY (item_id, annotator_id)
);

CREATE INDEX lease_of ON lease (annotator_id);

-- What people said, in the order in which they said it. Rows are only ever added.
CREATE TABLE verdict (
  id ${key},
  event TEXT NOT NULL UNIQUE, -- made in the browser: a repeated request changes nothing
  item_id BIGINT NOT NULL REFERENCES item (id),
  annotator_id BIGINT NOT NULL REFERENCES annotator (id),
  act TEXT NOT NULL, -- answer, skip, flag, undo
  answer TEXT NOT NULL, -- JSON
  shown TEXT NOT NULL, -- JSON: the completions' numbers from left to right
  seconds DOUBLE PRECISION NOT NULL, -- since the item was shown
  time BIGINT NOT NULL,
  undoes BIGINT REFERENCES verdict (id)
);

CREATE INDEX verdict_of ON verdict (annotator_id, id);

-- Which verdict of an annotator on an item holds now: worked out of the above, kept to be found fast.
CREATE TABLE standing (
  item_id BIGINT NOT NULL REFERENCES item (id),
  annotator_id BIGINT NOT NULL REFERENCES annotator (id),
  verdict_id BIGINT NOT NULL REFERENCES verdict (id),
  PRIMARY KEY (item_id, annotator_id)
);
