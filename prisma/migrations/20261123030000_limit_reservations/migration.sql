-- Limits: what a counter was filled under, reservations that follow a payment from route to route, refunds that give
-- back; payments that wait for a person.

ALTER TABLE "limit_usage" ADD COLUMN "max_amount" BIGINT;
ALTER TABLE "limit_usage" ADD COLUMN "max_count" INTEGER;
CREATE INDEX "limit_usage_limit_id_window_start_idx" ON "limit_usage"("limit_id", "window_start");
-- A hot counter is rewritten with every group of payments: room on the page keeps the new version beside the old one.
ALTER TABLE limit_usage SET (fillfactor = 50);

ALTER TABLE "limit_reservations" ADD COLUMN "release_on_refund" BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE "limit_reservations" DROP CONSTRAINT "limit_reservations_pkey";
ALTER TABLE "limit_reservations" ADD CONSTRAINT "limit_reservations_pkey" PRIMARY KEY ("payment_id", "limit_id", "scope_key");
ALTER TABLE limit_reservations
  DROP CONSTRAINT limit_reservations_state_known,
  ADD CONSTRAINT limit_reservations_state_known CHECK (state IN ('reserved', 'settled', 'released', 'moved', 'refunded')),
  ADD CONSTRAINT limit_reservations_not_negative CHECK (amount >= 0);

ALTER TABLE "payments" ADD COLUMN "payer_message" TEXT;
ALTER TABLE payments ADD CONSTRAINT payments_created_is_held CHECK (status <> 'created' OR hold IS NOT NULL);
CREATE INDEX payments_held ON payments (expires_at) WHERE status = 'created';

-- Raised inside the statement that writes payments, so that nothing of it stays when a counter had no room.
CREATE FUNCTION tributary_require_room(wanted bigint, raised bigint) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  IF wanted <> raised THEN
    RAISE EXCEPTION '% of % limit counters have no room', wanted - raised, wanted USING ERRCODE = 'TL001';
  END IF;
  RETURN raised;
END $$;

COMMENT ON FUNCTION tributary_require_room IS 'Fails the statement (TL001) unless every counter that it wanted to raise was raised.';
