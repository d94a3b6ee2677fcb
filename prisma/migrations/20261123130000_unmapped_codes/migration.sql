-- Response codes that nobody has mapped: one row per channel, operation and code, counted in batches by every node.
CREATE TABLE unmapped_codes (
  channel_id text NOT NULL,
  operation text NOT NULL,
  code text NOT NULL CHECK (length(code) <= 64),
  message text NOT NULL CHECK (length(message) <= 256),
  count bigint NOT NULL CHECK (count > 0),
  first_seen timestamptz(6) NOT NULL DEFAULT now(),
  last_seen timestamptz(6) NOT NULL DEFAULT now(),
  sample_payment_id text,
  PRIMARY KEY (channel_id, operation, code)
);
