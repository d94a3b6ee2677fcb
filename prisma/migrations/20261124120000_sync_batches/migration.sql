-- Look-ups of many open payments at once, asked for by a person. The cursor makes one that was interrupted go on.
CREATE TABLE sync_batches (
  id text PRIMARY KEY,
  filter jsonb NOT NULL,
  per_second int NOT NULL CHECK (per_second BETWEEN 1 AND 1000),
  reason text NOT NULL,
  state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'cancelled')),
  total int NOT NULL,
  asked int NOT NULL DEFAULT 0,
  changed int NOT NULL DEFAULT 0,
  cursor text COLLATE "C" NOT NULL DEFAULT '',
  node text,
  created_by text NOT NULL,
  created_at timestamptz(6) NOT NULL DEFAULT now(),
  started_at timestamptz(6),
  ended_at timestamptz(6)
);

-- What became of each: its status before and after it was asked about.
CREATE TABLE sync_batch_items (
  batch_id text NOT NULL REFERENCES sync_batches (id) ON DELETE CASCADE ON UPDATE CASCADE,
  payment_id text COLLATE "C" NOT NULL,
  before text NOT NULL,
  after text NOT NULL,
  asked_at timestamptz(6) NOT NULL DEFAULT now(),
  PRIMARY KEY (batch_id, payment_id)
);
