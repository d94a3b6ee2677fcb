-- Who looks after which part of the open orders, and the tokens that prove it.

-- The logical shard of a payment, 0..4095: the first 12 bits of SHA-256 of its id. The engine computes the same.
CREATE FUNCTION tributary_shard(payment_id text) RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN get_byte(sha256(decode(payment_id, 'escape')), 0) * 16 + get_byte(sha256(decode(payment_id, 'escape')), 1) / 16;

-- What is due, by logical shard: the sweep of one shard never reads what waits in another.
DROP INDEX attempts_due;
CREATE INDEX attempts_due ON attempts (tributary_shard(payment_id), next_sync_at) WHERE next_sync_at IS NOT NULL;
DROP INDEX refunds_due;
CREATE INDEX refunds_due ON refunds (tributary_shard(payment_id), next_sync_at) WHERE next_sync_at IS NOT NULL;

-- Tokens of claims and of shard leases: one sequence, so that no two are ever equal and a later one is always greater.
CREATE SEQUENCE fencing_tokens AS bigint;

-- The token of whoever is looking an order up, or did so last. What he writes is refused once somebody else has claimed it.
ALTER TABLE attempts ADD COLUMN claim bigint;
ALTER TABLE refunds ADD COLUMN claim bigint;

-- One row: into how many active shards the 4096 logical ones are gathered. Every change is a new generation.
CREATE TABLE sharding (
  id int PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  generation bigint NOT NULL DEFAULT 1,
  count int NOT NULL CHECK (count BETWEEN 1 AND 4096),
  -- Whether the count follows the backlog by itself, and within what bounds.
  dynamic boolean NOT NULL DEFAULT false,
  min_count int NOT NULL DEFAULT 4 CHECK (min_count BETWEEN 1 AND 4096),
  max_count int NOT NULL DEFAULT 64 CHECK (max_count BETWEEN min_count AND 4096),
  changed_at timestamptz(6) NOT NULL DEFAULT now(),
  changed_by text NOT NULL DEFAULT 'system',
  reason text NOT NULL DEFAULT ''
);
INSERT INTO sharding (count) VALUES (8);

-- One row per active shard of the current generation.
CREATE TABLE shard_leases (
  shard int PRIMARY KEY,
  generation bigint NOT NULL,
  holder text,
  token bigint,
  expires_at timestamptz(6) NOT NULL DEFAULT now(),
  acquired_at timestamptz(6),
  pinned_to text,
  paused_at timestamptz(6),
  paused_by text,
  paused_reason text
);
INSERT INTO shard_leases (shard, generation) SELECT s, 1 FROM generate_series(0, 7) s;

-- Workers that take shards. `holder` is new with every start of a process: one that comes back under an old name is another.
CREATE TABLE shard_workers (
  holder text PRIMARY KEY,
  node text NOT NULL,
  started_at timestamptz(6) NOT NULL DEFAULT now(),
  seen_at timestamptz(6) NOT NULL DEFAULT now(),
  stats jsonb NOT NULL DEFAULT '{}'
);

-- Whether a token still is the lease of its shard.
CREATE FUNCTION tributary_holds_shard(wanted int, held bigint) RETURNS boolean LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN EXISTS (SELECT 1 FROM shard_leases l WHERE l.shard = wanted AND l.token = held AND l.expires_at > statement_timestamp());

-- The shard queue of the embedded profile: what is due when, by active shard. A copy of due times that are kept with the
-- orders, therefore unlogged; it is filled again from there when it was lost.
CREATE UNLOGGED TABLE due_entries (
  generation bigint NOT NULL,
  shard int NOT NULL,
  id text NOT NULL,
  due_at timestamptz(6) NOT NULL,
  detail text NOT NULL,
  expires_at timestamptz(6) NOT NULL,
  PRIMARY KEY (generation, shard, id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
-- On an expression, so that no plan that was made while the table was empty looks one entry up by it.
CREATE INDEX due_entries_due ON due_entries ((generation * 4096 + shard), due_at);

CREATE UNLOGGED TABLE due_shards (
  generation bigint NOT NULL,
  shard int NOT NULL,
  filled_at timestamptz(6),
  zombies bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (generation, shard)
);

-- Budgets that all nodes share: a bucket of tokens per name.
CREATE UNLOGGED TABLE shared_budgets (
  name text PRIMARY KEY,
  tokens double precision NOT NULL,
  -- What the last taker was given.
  granted int NOT NULL,
  refilled_at timestamptz(6) NOT NULL
);
