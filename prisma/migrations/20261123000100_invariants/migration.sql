-- What Prisma's schema language cannot say: partitions, partial indexes, checks, triggers.

-- ---------------------------------------------------------------------------------------------------------------
-- Monthly partitions through time-ordered ids. An id is `pay_` + 26 characters of Crockford base 32; the first 10
-- are the Unix time in milliseconds, so a month is a range of ids.
-- ---------------------------------------------------------------------------------------------------------------

CREATE FUNCTION tributary_id_floor(at timestamptz) RETURNS text
  LANGUAGE plpgsql IMMUTABLE STRICT AS $$
DECLARE
  alphabet constant text := '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  ms bigint := floor(extract(epoch FROM at) * 1000);
  digits text := '';
BEGIN
  FOR i IN 1..10 LOOP
    digits := substr(alphabet, (ms & 31)::int + 1, 1) || digits;
    ms := ms >> 5;
  END LOOP;
  RETURN 'pay_' || digits;
END $$;

COMMENT ON FUNCTION tributary_id_floor IS 'Smallest prefix of every payment id made at or after the given time.';

CREATE FUNCTION tributary_ensure_partitions(since date, months int) RETURNS int
  LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  child text;
  month_start timestamptz;
  made int := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('tributary_ensure_partitions'));
  FOR i IN 0..months - 1 LOOP
    month_start := (date_trunc('month', since) + make_interval(months => i)) AT TIME ZONE 'UTC';
    FOREACH parent IN ARRAY ARRAY['payments', 'attempts', 'events'] LOOP
      child := parent || to_char(month_start AT TIME ZONE 'UTC', '"_"YYYY_MM');
      IF to_regclass(quote_ident(child)) IS NULL THEN
        EXECUTE format(
          'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
          child, parent,
          tributary_id_floor(month_start),
          tributary_id_floor(month_start + interval '1 month')
        );
        made := made + 1;
      END IF;
    END LOOP;
  END LOOP;
  RETURN made;
END $$;

COMMENT ON FUNCTION tributary_ensure_partitions IS 'Makes the monthly partitions of payments, attempts and events that are missing; returns how many.';

-- ---------------------------------------------------------------------------------------------------------------
-- Invariants of a payment
-- ---------------------------------------------------------------------------------------------------------------

ALTER TABLE payments
  ADD CONSTRAINT payments_status_known CHECK (status IN ('created', 'processing', 'succeeded', 'failed', 'closed', 'rejected')),
  ADD CONSTRAINT payments_amount_positive CHECK (amount > 0),
  ADD CONSTRAINT payments_refunds_fit CHECK (refunded_amount BETWEEN 0 AND amount),
  ADD CONSTRAINT payments_refunds_need_success CHECK (refunded_amount = 0 OR status = 'succeeded'),
  ADD CONSTRAINT payments_success_has_time CHECK ((status = 'succeeded') = (succeeded_at IS NOT NULL)),
  ADD CONSTRAINT payments_version_positive CHECK (version > 0);

ALTER TABLE attempts
  ADD CONSTRAINT attempts_status_known CHECK (status IN ('sending', 'pending', 'unknown', 'succeeded', 'failed', 'closed', 'succeeded_late')),
  ADD CONSTRAINT attempts_amount_positive CHECK (amount > 0),
  ADD CONSTRAINT attempts_winner_succeeded CHECK (NOT winner OR status IN ('succeeded', 'succeeded_late')),
  ADD CONSTRAINT attempts_open_is_looked_up CHECK ((status IN ('sending', 'pending', 'unknown')) = (next_sync_at IS NOT NULL));

CREATE UNIQUE INDEX attempts_one_winner ON attempts (payment_id) WHERE winner;
CREATE INDEX attempts_due ON attempts (next_sync_at) WHERE next_sync_at IS NOT NULL;

ALTER TABLE refunds
  ADD CONSTRAINT refunds_status_known CHECK (status IN ('processing', 'succeeded', 'failed')),
  ADD CONSTRAINT refunds_kind_known CHECK (kind IN ('merchant', 'compensation')),
  ADD CONSTRAINT refunds_amount_positive CHECK (amount > 0),
  ADD CONSTRAINT refunds_open_is_looked_up CHECK ((status = 'processing') = (next_sync_at IS NOT NULL));

CREATE UNIQUE INDEX refunds_merchant_number ON refunds (merchant_id, merchant_refund_no);
CREATE UNIQUE INDEX refunds_one_compensation ON refunds (payment_id, attempt_no) WHERE kind = 'compensation';
CREATE INDEX refunds_due ON refunds (next_sync_at) WHERE next_sync_at IS NOT NULL;

ALTER TABLE limit_usage ADD CONSTRAINT limit_usage_not_negative CHECK (amount >= 0 AND count >= 0);
ALTER TABLE limit_reservations ADD CONSTRAINT limit_reservations_state_known CHECK (state IN ('reserved', 'settled', 'released'));
ALTER TABLE limits
  ADD CONSTRAINT limits_period_known CHECK (period IN ('hour', 'day', 'month')),
  ADD CONSTRAINT limits_say_something CHECK (max_amount IS NOT NULL OR max_count IS NOT NULL),
  ADD CONSTRAINT limits_not_negative CHECK (coalesce(max_amount, 0) >= 0 AND coalesce(max_count, 0) >= 0);

CREATE UNIQUE INDEX rule_sets_one_published ON rule_sets (kind) WHERE status = 'published';
ALTER TABLE rule_sets
  ADD CONSTRAINT rule_sets_kind_known CHECK (kind IN ('risk', 'routing')),
  ADD CONSTRAINT rule_sets_status_known CHECK (status IN ('draft', 'published', 'superseded'));

CREATE INDEX webhook_deliveries_due ON webhook_deliveries (next_attempt_at) WHERE status = 'pending';

-- ---------------------------------------------------------------------------------------------------------------
-- The event chain: append-only, no gaps, and no state without its event. Checked per statement, so that a batch of
-- payments pays once.
-- ---------------------------------------------------------------------------------------------------------------

CREATE FUNCTION tributary_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events
  FOR EACH ROW EXECUTE FUNCTION tributary_refuse_change();
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION tributary_refuse_change();

CREATE FUNCTION tributary_check_event_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  broken record;
BEGIN
  SELECT n.payment_id, n.seq INTO broken
  FROM added n
  WHERE n.seq < 1 OR (n.seq > 1 AND NOT EXISTS (
    SELECT 1 FROM events e WHERE e.payment_id = n.payment_id AND e.seq = n.seq - 1))
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'event % of payment % has no predecessor', broken.seq, broken.payment_id
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'events_no_gap';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER events_no_gap AFTER INSERT ON events
  REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION tributary_check_event_chain();

CREATE FUNCTION tributary_check_payment_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  broken record;
BEGIN
  SELECT p.id, p.version INTO broken
  FROM changed p
  WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.payment_id = p.id AND e.seq = p.version)
     OR EXISTS (SELECT 1 FROM events e WHERE e.payment_id = p.id AND e.seq = p.version + 1)
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'payment % version % is not its last event', broken.id, broken.version
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payments_have_events';
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER payments_have_events_insert AFTER INSERT ON payments
  REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION tributary_check_payment_event();
CREATE TRIGGER payments_have_events_update AFTER UPDATE ON payments
  REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION tributary_check_payment_event();

CREATE FUNCTION tributary_keep_finals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'payment % is final (%): it cannot become %', OLD.id, OLD.status, NEW.status
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'payments_final_is_final';
END $$;

CREATE TRIGGER payments_final_is_final BEFORE UPDATE ON payments
  FOR EACH ROW
  WHEN (OLD.status IN ('succeeded', 'failed', 'closed', 'rejected') AND NEW.status <> OLD.status)
  EXECUTE FUNCTION tributary_keep_finals();

-- ---------------------------------------------------------------------------------------------------------------
-- Configuration: every change bumps one version and is announced, in the transaction that makes it.
-- ---------------------------------------------------------------------------------------------------------------

INSERT INTO config_state (id, version) VALUES (1, 1);

CREATE FUNCTION tributary_config_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  now_at bigint;
BEGIN
  UPDATE config_state SET version = version + 1 WHERE id = 1 RETURNING version INTO now_at;
  PERFORM pg_notify('tributary_config', now_at::text);
  RETURN NULL;
END $$;

DO $$
DECLARE
  t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['merchants', 'services', 'channels', 'channel_accounts', 'rule_sets', 'limits', 'list_entries'] LOOP
    EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION tributary_config_changed()', t || '_announce', t);
  END LOOP;
END $$;

-- `last_used_at` of a key is bookkeeping, not configuration: it must not reload every node.
CREATE TRIGGER merchant_api_keys_announce_new AFTER INSERT OR DELETE ON merchant_api_keys
  FOR EACH STATEMENT EXECUTE FUNCTION tributary_config_changed();
CREATE TRIGGER merchant_api_keys_announce_change AFTER UPDATE OF name, scopes, ip_allowlist, expires_at, revoked_at, secret_hash, public_key_pem ON merchant_api_keys
  FOR EACH STATEMENT EXECUTE FUNCTION tributary_config_changed();

SELECT tributary_ensure_partitions((now() - interval '1 month')::date, 5);
CREATE TABLE payments_other PARTITION OF payments DEFAULT;
CREATE TABLE attempts_other PARTITION OF attempts DEFAULT;
CREATE TABLE events_other PARTITION OF events DEFAULT;
