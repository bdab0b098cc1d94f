-- Who may come in. Without any account there is a single user, who needs no password.
CREATE TABLE account (
  annotator_id BIGINT PRIMARY KEY REFERENCES annotator (id),
  login TEXT NOT NULL UNIQUE, -- the name, in lower case
  role TEXT NOT NULL, -- annotator, reviewer, admin
  password TEXT NOT NULL, -- its hash
  created BIGINT NOT NULL
);

CREATE TABLE session (
  digest TEXT PRIMARY KEY, -- of what the browser has
  annotator_id BIGINT NOT NULL REFERENCES account (annotator_id),
  expires BIGINT NOT NULL
);

CREATE INDEX session_of ON session (annotator_id);

CREATE TABLE invitation (
  digest TEXT PRIMARY KEY, -- of what the link has in it
  role TEXT NOT NULL,
  expires BIGINT NOT NULL
);

-- Who may see a project. One without any row here is for all.
CREATE TABLE project_annotator (
  project_id BIGINT NOT NULL REFERENCES project (id),
  annotator_id BIGINT NOT NULL REFERENCES annotator (id),
  PRIMARY KEY (project_id, annotator_id)
);
