-- Which items come next.

-- By which a reward model chose its place; empty if it was drawn at random.
ALTER TABLE item ADD COLUMN choice_score DOUBLE PRECISION;

CREATE TABLE choice (
  project_id BIGINT PRIMARY KEY REFERENCES project (id),
  strategy TEXT NOT NULL, -- random, smallest-margin, disagreement, spread
  model_id BIGINT REFERENCES reward_model (id),
  other_id BIGINT REFERENCES reward_model (id), -- the second one of a spread
  placed INTEGER NOT NULL, -- items that it gave a place; -1 while it is being worked out
  time BIGINT NOT NULL
);
