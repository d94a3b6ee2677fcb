-- The lab: drafts tried on recorded payments, test cases that a rule set must pass; and what Unleash last said, so that
-- an engine can start without it.

CREATE TABLE "backtest_runs" (
  "id" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "state" TEXT NOT NULL DEFAULT 'running',
  "subject" JSONB NOT NULL,
  "document" JSONB NOT NULL,
  "content_hash" TEXT NOT NULL,
  "baseline" TEXT NOT NULL,
  "baseline_version" INTEGER NOT NULL,
  "window_from" TIMESTAMPTZ(6) NOT NULL,
  "window_to" TIMESTAMPTZ(6) NOT NULL,
  "merchant_id" TEXT,
  "service_id" TEXT,
  "sample" JSONB NOT NULL,
  "done" INTEGER NOT NULL DEFAULT 0,
  "total" INTEGER,
  "result" JSONB,
  "error" TEXT,
  "cancel_requested" BOOLEAN NOT NULL DEFAULT false,
  "node" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "heartbeat_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "finished_at" TIMESTAMPTZ(6),

  CONSTRAINT "backtest_runs_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "backtest_runs_content_hash_idx" ON "backtest_runs" ("content_hash");
ALTER TABLE backtest_runs
  ADD CONSTRAINT backtest_runs_kind_known CHECK (kind IN ('risk', 'routing')),
  ADD CONSTRAINT backtest_runs_state_known CHECK (state IN ('running', 'finished', 'cancelled', 'failed', 'lost')),
  ADD CONSTRAINT backtest_runs_ended CHECK ((state = 'running') = (finished_at IS NULL));
CREATE INDEX backtest_runs_running ON backtest_runs (heartbeat_at) WHERE state = 'running';

CREATE TABLE "backtest_rows" (
  "run_id" TEXT NOT NULL,
  "live" TEXT NOT NULL,
  "draft" TEXT NOT NULL,
  "payment_id" TEXT NOT NULL,
  "merchant_id" TEXT NOT NULL,
  "amount" BIGINT NOT NULL,
  "currency" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  "live_fired" TEXT[] NOT NULL,
  "draft_fired" TEXT[] NOT NULL,

  CONSTRAINT "backtest_rows_pkey" PRIMARY KEY ("run_id", "live", "draft", "payment_id")
);
ALTER TABLE "backtest_rows" ADD CONSTRAINT "backtest_rows_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "backtest_runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TABLE "config_tests" (
  "id" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "facts" JSONB NOT NULL,
  "candidates" JSONB,
  "expect" JSONB NOT NULL,
  "updated_by" TEXT NOT NULL,
  "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "config_tests_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "config_tests_kind_name_key" ON "config_tests" ("kind", "name");
ALTER TABLE config_tests ADD CONSTRAINT config_tests_kind_known CHECK (kind IN ('risk', 'routing'));

CREATE TABLE "unleash_state" (
  "id" INTEGER NOT NULL DEFAULT 1,
  "features" JSONB NOT NULL,
  "refused" JSONB NOT NULL DEFAULT '{}',
  "node" TEXT NOT NULL,
  "received_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "unleash_state_pkey" PRIMARY KEY ("id")
);
ALTER TABLE unleash_state ADD CONSTRAINT unleash_state_one_row CHECK (id = 1);
