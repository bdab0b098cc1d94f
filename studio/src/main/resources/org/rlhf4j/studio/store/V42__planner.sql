-- Which studio plans a training, until the training has a process of its own.
ALTER TABLE training ADD COLUMN planner BIGINT; -- the number of the studio's process
ALTER TABLE training ADD COLUMN planner_began BIGINT; -- so that a number that was given again isn't taken for it

-- A row for each machine, counted up by who begins a training there, and who so waits for the one before.
CREATE TABLE training_turn (
  machine TEXT PRIMARY KEY,
  count BIGINT NOT NULL
);
