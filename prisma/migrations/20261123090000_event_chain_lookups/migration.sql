-- The checks of the event chain as look-ups of single rows. Written with EXISTS under OR they could be planned as a hash of
-- the whole events table, and then cost more with every payment there ever was.

CREATE OR REPLACE FUNCTION tributary_check_event_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  broken record;
BEGIN
  SELECT n.payment_id, n.seq INTO broken
  FROM added n
  WHERE n.seq < 1 OR (n.seq > 1 AND (
    SELECT e.seq FROM events e WHERE e.payment_id = n.payment_id AND e.seq = n.seq - 1) IS NULL)
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'event % of payment % has no predecessor', broken.seq, broken.payment_id
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'events_no_gap';
  END IF;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION tributary_check_payment_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  broken record;
BEGIN
  SELECT p.id, p.version INTO broken
  FROM changed p
  -- Its last event is there, and it is the last.
  WHERE (SELECT max(e.seq) FROM events e WHERE e.payment_id = p.id AND e.seq >= p.version) IS DISTINCT FROM p.version
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'payment % version % is not its last event', broken.id, broken.version
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payments_have_events';
  END IF;
  RETURN NULL;
END $$;
