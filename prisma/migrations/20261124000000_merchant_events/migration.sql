-- Events for merchants: numbered without a gap per merchant, in the transaction that takes them out of the outbox.
CREATE TABLE "merchant_event_counters" (
  "merchant_id" TEXT NOT NULL,
  "last_seq" BIGINT NOT NULL,
  CONSTRAINT "merchant_event_counters_pkey" PRIMARY KEY ("merchant_id")
);

CREATE TABLE "merchant_events" (
  "merchant_id" TEXT NOT NULL,
  "seq" BIGINT NOT NULL,
  "id" TEXT NOT NULL,
  "type" TEXT NOT NULL,
  "payment_id" TEXT NOT NULL,
  "event_seq" INTEGER NOT NULL,
  "notify_url" TEXT,
  "body" TEXT NOT NULL,
  "occurred_at" TIMESTAMPTZ(6) NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "merchant_events_pkey" PRIMARY KEY ("merchant_id", "seq")
);
CREATE UNIQUE INDEX "merchant_events_id_key" ON "merchant_events"("id");
CREATE UNIQUE INDEX "merchant_events_payment_id_event_seq_key" ON "merchant_events"("payment_id", "event_seq");
CREATE INDEX "merchant_events_created_at_idx" ON "merchant_events"("created_at");

-- An endpoint is a merchant's host: all URLs there share its places and its breaker.
CREATE TABLE "webhook_endpoints" (
  "id" TEXT NOT NULL,
  "merchant_id" TEXT NOT NULL,
  "origin" TEXT NOT NULL,
  "next_due_at" TIMESTAMPTZ(6),
  "worked_by" TEXT,
  "worked_until" TIMESTAMPTZ(6),
  "failures" INTEGER NOT NULL DEFAULT 0,
  "rest_until" TIMESTAMPTZ(6),
  "paused_at" TIMESTAMPTZ(6),
  "paused_by" TEXT,
  "paused_reason" TEXT,
  "last_success_at" TIMESTAMPTZ(6),
  "last_failure_at" TIMESTAMPTZ(6),
  "last_error" TEXT,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "webhook_endpoints_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "webhook_endpoints_merchant_id_origin_key" ON "webhook_endpoints"("merchant_id", "origin");
CREATE INDEX "webhook_endpoints_due" ON "webhook_endpoints" ("next_due_at") WHERE "next_due_at" IS NOT NULL;

CREATE TABLE "webhook_tries" (
  "delivery_id" TEXT NOT NULL,
  "no" INTEGER NOT NULL,
  "endpoint_id" TEXT NOT NULL,
  "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "node" TEXT NOT NULL,
  "status" INTEGER,
  "error" TEXT,
  "answer" TEXT,
  "duration_ms" INTEGER NOT NULL,
  CONSTRAINT "webhook_tries_pkey" PRIMARY KEY ("delivery_id", "no")
);
CREATE INDEX "webhook_tries_endpoint_id_at_idx" ON "webhook_tries"("endpoint_id", "at");

-- What is on its way without a body of its own goes back to the outbox and is written down anew, as an event.
INSERT INTO "outbox" ("topic", "key", "payload", "run_at")
SELECT 'notify-merchant', 'notify-merchant-' || "payment_id" || '-' || "event_seq",
  jsonb_build_object('paymentId', "payment_id", 'eventSeq', "event_seq", 'type', "type"), now()
FROM "webhook_deliveries" WHERE "status" = 'pending' ORDER BY "id";
DELETE FROM "webhook_deliveries" WHERE "status" = 'pending';

ALTER TABLE "webhook_deliveries"
  ADD COLUMN "seq" BIGINT,
  ADD COLUMN "endpoint_id" TEXT,
  ADD COLUMN "retries_from" INTEGER NOT NULL DEFAULT 0;
DROP INDEX "webhook_deliveries_due";
CREATE INDEX "webhook_deliveries_due" ON "webhook_deliveries" ("endpoint_id", "next_attempt_at") WHERE "status" = 'pending';
CREATE INDEX "webhook_deliveries_dead" ON "webhook_deliveries" ("endpoint_id") WHERE "status" = 'dead';
CREATE INDEX "webhook_deliveries_merchant_id_id_idx" ON "webhook_deliveries"("merchant_id", "id");
CREATE INDEX "webhook_deliveries_created_at_idx" ON "webhook_deliveries"("created_at");

-- Secrets of before, good until their time is over, and a key pair for signatures that anybody can check.
ALTER TABLE "merchants"
  ADD COLUMN "webhook_secret_old" TEXT,
  ADD COLUMN "webhook_secret_old_until" TIMESTAMPTZ(6),
  ADD COLUMN "webhook_key" TEXT,
  ADD COLUMN "webhook_key_public" TEXT,
  ADD COLUMN "webhook_key_old" TEXT,
  ADD COLUMN "webhook_key_old_public" TEXT,
  ADD COLUMN "webhook_key_old_until" TIMESTAMPTZ(6);
