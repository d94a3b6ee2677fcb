-- A message that can't be enqueued is tried again later and later, and lets the others pass.
ALTER TABLE "outbox"
  ADD COLUMN "attempts" INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN "retry_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  ADD COLUMN "last_error" TEXT;

-- A delivery is written down with the message that asks for it; its body when it is first tried.
ALTER TABLE "webhook_deliveries" ALTER COLUMN "body" DROP NOT NULL;
