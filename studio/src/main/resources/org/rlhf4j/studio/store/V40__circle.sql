-- Reward models, what they say about items, and the trainings that made them.

CREATE TABLE training (
  id ${key},
  project_id BIGINT NOT NULL REFERENCES project (id),
  machine TEXT NOT NULL, -- where it runs; a studio elsewhere only shows it
  folder TEXT NOT NULL, -- of its labels, its pipeline file, its log and its run
  state TEXT NOT NULL, -- waiting, running, finished, stopped, failed, refused, withdrawn
  recipe TEXT NOT NULL, -- JSON: the model that it starts from, epochs, learning rate, batch size
  steps INTEGER NOT NULL,
  labels TEXT NOT NULL, -- SHA-256 of the rows that it learns from
  learnt INTEGER NOT NULL, -- rows that it learns from
  kept INTEGER NOT NULL, -- rows that are kept back to judge it
  process BIGINT, -- its number, while it runs
  process_began BIGINT, -- so that a number that was given again isn't taken for it
  said TEXT NOT NULL, -- how it ended, in a line
  judged TEXT, -- JSON: how its model does on the pairs that it was judged on
  created BIGINT NOT NULL,
  ended BIGINT
);

-- The items whose labels a training learns from, and those that the model it starts from has learnt from.
CREATE TABLE training_item (
  training_id BIGINT NOT NULL REFERENCES training (id),
  item_id BIGINT NOT NULL REFERENCES item (id),
  PRIMARY KEY (training_id, item_id)
);

CREATE TABLE reward_model (
  id ${key},
  project_id BIGINT REFERENCES project (id), -- empty of one that was brought along
  training_id BIGINT REFERENCES training (id),
  name TEXT NOT NULL,
  folder TEXT NOT NULL,
  digest TEXT NOT NULL, -- SHA-256 of its files: other weights in the same folder are another model
  created BIGINT NOT NULL,
  UNIQUE (folder, digest)
);

-- The reward model that a project's labels are held against.
CREATE TABLE current_reward_model (
  project_id BIGINT PRIMARY KEY REFERENCES project (id),
  reward_model_id BIGINT NOT NULL REFERENCES reward_model (id)
);

CREATE TABLE item_score (
  reward_model_id BIGINT NOT NULL REFERENCES reward_model (id),
  item_id BIGINT NOT NULL REFERENCES item (id),
  scores TEXT NOT NULL, -- JSON: one a completion; empty if the item doesn't fit the model
  PRIMARY KEY (reward_model_id, item_id)
);
