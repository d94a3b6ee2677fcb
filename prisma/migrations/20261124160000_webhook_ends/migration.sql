-- Since when a delivery is on its way: from its event, or from when somebody had it sent again. An endpoint that stays away
-- for as long as the whole schedule of retries gets no more of it.
ALTER TABLE webhook_deliveries ADD COLUMN pending_since timestamptz(6) NOT NULL DEFAULT now();
UPDATE webhook_deliveries SET pending_since = created_at;
CREATE INDEX webhook_deliveries_pending_since ON webhook_deliveries (pending_since) WHERE status = 'pending';

-- Old tries are forgotten by their time.
CREATE INDEX webhook_tries_at_idx ON webhook_tries (at);

-- Messages of which no event can be made: put aside, so that they keep nobody else's back, until a person has looked.
CREATE TABLE parked_events (
  id bigint PRIMARY KEY,
  payload jsonb NOT NULL,
  error text NOT NULL,
  parked_at timestamptz(6) NOT NULL DEFAULT now()
);
