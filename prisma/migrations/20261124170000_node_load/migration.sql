-- What each node has to do: requests, memory, and whether it takes more.
ALTER TABLE nodes ADD COLUMN load jsonb NOT NULL DEFAULT '{}';
