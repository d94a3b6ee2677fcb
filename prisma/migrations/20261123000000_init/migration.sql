CREATE TABLE "merchants" (
  "id" TEXT COLLATE "C" NOT NULL,
  "name" TEXT NOT NULL,
  "time_zone" TEXT NOT NULL DEFAULT 'Asia/Shanghai',
  "status" TEXT NOT NULL DEFAULT 'active',
  "require_signature" BOOLEAN NOT NULL DEFAULT false,
  "service_ids" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "webhook_secret" TEXT,
  "webhook_url" TEXT,
  "rate_per_second" INTEGER NOT NULL DEFAULT 200,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "merchants_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "merchant_api_keys" (
  "id" TEXT COLLATE "C" NOT NULL,
  "merchant_id" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "prefix" TEXT NOT NULL,
  "last4" TEXT NOT NULL,
  "secret_hash" BYTEA,
  "public_key_pem" TEXT,
  "scopes" TEXT[] NOT NULL,
  "ip_allowlist" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "expires_at" TIMESTAMPTZ(6),
  "revoked_at" TIMESTAMPTZ(6),
  "last_used_at" TIMESTAMPTZ(6),
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "merchant_api_keys_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "services" (
  "id" TEXT COLLATE "C" NOT NULL,
  "config" JSONB NOT NULL,
  "version" INTEGER NOT NULL DEFAULT 1,
  "updated_by" TEXT NOT NULL,
  "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "services_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "channels" (
  "id" TEXT COLLATE "C" NOT NULL,
  "adapter" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "enabled" BOOLEAN NOT NULL DEFAULT true,
  "disabled_until" TIMESTAMPTZ(6),
  "disabled_reason" TEXT,
  "disabled_by" TEXT,
  "priority" INTEGER NOT NULL DEFAULT 100,
  "fee_bps" INTEGER NOT NULL DEFAULT 60,
  "params" JSONB NOT NULL,
  "version" INTEGER NOT NULL DEFAULT 1,
  "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "channels_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "channel_accounts" (
  "id" TEXT COLLATE "C" NOT NULL,
  "channel_id" TEXT NOT NULL,
  "label" TEXT NOT NULL,
  "enabled" BOOLEAN NOT NULL DEFAULT true,
  "base_url" TEXT NOT NULL,
  "config" JSONB NOT NULL,
  "secrets" TEXT NOT NULL,
  "trust" JSONB NOT NULL DEFAULT '[]',
  "min_amount" BIGINT NOT NULL DEFAULT 1,
  "max_amount" BIGINT NOT NULL DEFAULT 9007199254740991,
  "version" INTEGER NOT NULL DEFAULT 1,
  "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "channel_accounts_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "rule_sets" (
  "kind" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "status" TEXT NOT NULL,
  "document" JSONB NOT NULL,
  "content_hash" TEXT NOT NULL,
  "note" TEXT NOT NULL DEFAULT '',
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "published_by" TEXT,
  "published_at" TIMESTAMPTZ(6),

  CONSTRAINT "rule_sets_pkey" PRIMARY KEY ("kind", "version")
);

CREATE TABLE "limits" (
  "id" TEXT COLLATE "C" NOT NULL,
  "name" TEXT NOT NULL,
  "enabled" BOOLEAN NOT NULL DEFAULT true,
  "scope" TEXT[] NOT NULL,
  "match" JSONB NOT NULL DEFAULT '{}',
  "period" TEXT NOT NULL DEFAULT 'day',
  "currency" TEXT NOT NULL DEFAULT 'CNY',
  "max_amount" BIGINT,
  "max_count" INTEGER,
  "updated_by" TEXT NOT NULL,
  "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "limits_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "limit_usage" (
  "limit_id" TEXT NOT NULL,
  "scope_key" TEXT COLLATE "C" NOT NULL,
  "window_start" TIMESTAMPTZ(6) NOT NULL,
  "amount" BIGINT NOT NULL DEFAULT 0,
  "count" INTEGER NOT NULL DEFAULT 0,

  CONSTRAINT "limit_usage_pkey" PRIMARY KEY ("limit_id", "scope_key", "window_start")
);

CREATE TABLE "limit_reservations" (
  "payment_id" TEXT COLLATE "C" NOT NULL,
  "limit_id" TEXT NOT NULL,
  "scope_key" TEXT COLLATE "C" NOT NULL,
  "window_start" TIMESTAMPTZ(6) NOT NULL,
  "amount" BIGINT NOT NULL,
  "state" TEXT NOT NULL DEFAULT 'reserved',

  CONSTRAINT "limit_reservations_pkey" PRIMARY KEY ("payment_id", "limit_id")
);

CREATE TABLE "list_entries" (
  "list" TEXT NOT NULL,
  "value" TEXT COLLATE "C" NOT NULL,
  "reason" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expires_at" TIMESTAMPTZ(6),

  CONSTRAINT "list_entries_pkey" PRIMARY KEY ("list", "value")
);

CREATE TABLE "payments" (
  "id" TEXT COLLATE "C" NOT NULL,
  "merchant_id" TEXT NOT NULL,
  "merchant_order_no" TEXT NOT NULL,
  "service_id" TEXT NOT NULL,
  "product" TEXT NOT NULL,
  "status" TEXT NOT NULL,
  "amount" BIGINT NOT NULL,
  "currency" TEXT NOT NULL,
  "subject" TEXT NOT NULL,
  "payer" JSONB NOT NULL DEFAULT '{}',
  "payer_key" TEXT,
  "notify_url" TEXT,
  "return_url" TEXT,
  "metadata" JSONB,
  "channel_id" TEXT,
  "account_id" TEXT,
  "channel_txn" TEXT COLLATE "C",
  "credential" JSONB,
  "failure_code" TEXT,
  "failure_message" TEXT,
  "refunded_amount" BIGINT NOT NULL DEFAULT 0,
  "hold" TEXT,
  "close_reason" TEXT,
  "plan" JSONB NOT NULL DEFAULT '[]',
  "version" INTEGER NOT NULL,
  "trace_id" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expires_at" TIMESTAMPTZ(6) NOT NULL,
  "succeeded_at" TIMESTAMPTZ(6),

  CONSTRAINT "payments_pkey" PRIMARY KEY ("id")
) PARTITION BY RANGE ("id");

CREATE TABLE "merchant_orders" (
  "merchant_id" TEXT NOT NULL,
  "merchant_order_no" TEXT NOT NULL,
  "payment_id" TEXT COLLATE "C" NOT NULL,

  CONSTRAINT "merchant_orders_pkey" PRIMARY KEY ("merchant_id", "merchant_order_no")
);

CREATE TABLE "attempts" (
  "payment_id" TEXT COLLATE "C" NOT NULL,
  "no" INTEGER NOT NULL,
  "channel_id" TEXT NOT NULL,
  "account_id" TEXT NOT NULL,
  "request_no" TEXT COLLATE "C" NOT NULL,
  "status" TEXT NOT NULL,
  "winner" BOOLEAN NOT NULL DEFAULT false,
  "amount" BIGINT NOT NULL,
  "currency" TEXT NOT NULL,
  "channel_txn" TEXT COLLATE "C",
  "result_code" TEXT,
  "result_message" TEXT,
  "next_sync_at" TIMESTAMPTZ(6),
  "sync_step" INTEGER NOT NULL DEFAULT 0,
  "sent_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "finished_at" TIMESTAMPTZ(6),

  CONSTRAINT "attempts_pkey" PRIMARY KEY ("payment_id", "no")
) PARTITION BY RANGE ("payment_id");

CREATE TABLE "refunds" (
  "id" TEXT COLLATE "C" NOT NULL,
  "payment_id" TEXT COLLATE "C" NOT NULL,
  "attempt_no" INTEGER NOT NULL,
  "merchant_id" TEXT NOT NULL,
  "merchant_refund_no" TEXT NOT NULL,
  "kind" TEXT NOT NULL DEFAULT 'merchant',
  "refund_no" TEXT COLLATE "C" NOT NULL,
  "amount" BIGINT NOT NULL,
  "currency" TEXT NOT NULL,
  "reason" TEXT,
  "status" TEXT NOT NULL DEFAULT 'processing',
  "channel_state" TEXT NOT NULL DEFAULT 'sending',
  "channel_refund_no" TEXT,
  "failure_code" TEXT,
  "failure_message" TEXT,
  "next_sync_at" TIMESTAMPTZ(6),
  "sync_step" INTEGER NOT NULL DEFAULT 0,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "succeeded_at" TIMESTAMPTZ(6),

  CONSTRAINT "refunds_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "events" (
  "payment_id" TEXT COLLATE "C" NOT NULL,
  "seq" INTEGER NOT NULL,
  "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "kind" TEXT NOT NULL,
  "attempt_no" INTEGER,
  "refund_id" TEXT,
  "from_status" TEXT,
  "to_status" TEXT,
  "node" TEXT NOT NULL,
  "actor" TEXT NOT NULL,
  "duration_ms" DOUBLE PRECISION,
  "data" JSONB NOT NULL DEFAULT '{}',

  CONSTRAINT "events_pkey" PRIMARY KEY ("payment_id", "seq")
) PARTITION BY RANGE ("payment_id");

CREATE TABLE "idempotency_keys" (
  "merchant_id" TEXT NOT NULL,
  "key" TEXT COLLATE "C" NOT NULL,
  "request_hash" BYTEA NOT NULL,
  "resource_id" TEXT NOT NULL,
  "response_status" INTEGER,
  "response_body" TEXT,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expires_at" TIMESTAMPTZ(6) NOT NULL,

  CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("merchant_id", "key")
);

CREATE TABLE "outbox" (
  "id" BIGSERIAL NOT NULL,
  "topic" TEXT NOT NULL,
  "key" TEXT COLLATE "C" NOT NULL,
  "payload" JSONB NOT NULL,
  "run_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "outbox_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "channel_callbacks" (
  "id" BIGSERIAL NOT NULL,
  "channel_id" TEXT NOT NULL,
  "account_id" TEXT,
  "notify_id" TEXT,
  "verified" BOOLEAN NOT NULL,
  "outcome" TEXT NOT NULL,
  "payment_id" TEXT COLLATE "C",
  "headers" JSONB NOT NULL,
  "body" TEXT NOT NULL,
  "received_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "channel_callbacks_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "webhook_deliveries" (
  "id" TEXT COLLATE "C" NOT NULL,
  "merchant_id" TEXT NOT NULL,
  "payment_id" TEXT COLLATE "C" NOT NULL,
  "event_seq" INTEGER NOT NULL,
  "type" TEXT NOT NULL,
  "url" TEXT NOT NULL,
  "body" TEXT NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'pending',
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "last_status" INTEGER,
  "last_error" TEXT,
  "next_attempt_at" TIMESTAMPTZ(6),
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "delivered_at" TIMESTAMPTZ(6),

  CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "audit_log" (
  "id" BIGSERIAL NOT NULL,
  "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "actor_id" TEXT NOT NULL,
  "actor_role" TEXT NOT NULL,
  "action" TEXT NOT NULL,
  "object_type" TEXT NOT NULL,
  "object_id" TEXT NOT NULL,
  "result" TEXT NOT NULL,
  "before" JSONB,
  "after" JSONB,
  "reason" TEXT,
  "ip" TEXT,
  "user_agent" TEXT,
  "prev_hash" BYTEA NOT NULL,
  "row_hash" BYTEA NOT NULL,

  CONSTRAINT "audit_log_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "config_state" (
  "id" INTEGER NOT NULL DEFAULT 1,
  "version" BIGINT NOT NULL DEFAULT 1,

  CONSTRAINT "config_state_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "nodes" (
  "id" TEXT COLLATE "C" NOT NULL,
  "role" TEXT NOT NULL,
  "host" TEXT NOT NULL,
  "pid" INTEGER NOT NULL,
  "config_version" BIGINT NOT NULL DEFAULT 0,
  "risk_version" INTEGER NOT NULL DEFAULT 0,
  "route_version" INTEGER NOT NULL DEFAULT 0,
  "loop_delay_ms" DOUBLE PRECISION NOT NULL DEFAULT 0,
  "started_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "last_seen_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "nodes_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "leases" (
  "name" TEXT NOT NULL,
  "holder" TEXT NOT NULL,
  "token" BIGINT NOT NULL DEFAULT 1,
  "expires_at" TIMESTAMPTZ(6) NOT NULL,

  CONSTRAINT "leases_pkey" PRIMARY KEY ("name")
);

CREATE TABLE "console_users" (
  "id" TEXT COLLATE "C" NOT NULL,
  "name" TEXT NOT NULL,
  "email" TEXT NOT NULL,
  "email_verified" BOOLEAN NOT NULL DEFAULT false,
  "image" TEXT,
  "role" TEXT NOT NULL DEFAULT 'support',
  "approver" BOOLEAN NOT NULL DEFAULT false,
  "merchant_id" TEXT,
  "disabled" BOOLEAN NOT NULL DEFAULT false,
  "locale" TEXT,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "console_users_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "console_sessions" (
  "id" TEXT COLLATE "C" NOT NULL,
  "user_id" TEXT NOT NULL,
  "token" TEXT NOT NULL,
  "expires_at" TIMESTAMPTZ(6) NOT NULL,
  "ip_address" TEXT,
  "user_agent" TEXT,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "console_sessions_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "console_accounts" (
  "id" TEXT COLLATE "C" NOT NULL,
  "account_id" TEXT NOT NULL,
  "provider_id" TEXT NOT NULL,
  "user_id" TEXT NOT NULL,
  "access_token" TEXT,
  "refresh_token" TEXT,
  "id_token" TEXT,
  "access_token_expires_at" TIMESTAMPTZ(6),
  "refresh_token_expires_at" TIMESTAMPTZ(6),
  "scope" TEXT,
  "password" TEXT,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "console_accounts_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "console_verifications" (
  "id" TEXT COLLATE "C" NOT NULL,
  "identifier" TEXT NOT NULL,
  "value" TEXT COLLATE "C" NOT NULL,
  "expires_at" TIMESTAMPTZ(6) NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "console_verifications_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "merchant_api_keys_merchant_id_idx" ON "merchant_api_keys"("merchant_id");
CREATE INDEX "channel_accounts_channel_id_idx" ON "channel_accounts"("channel_id");
CREATE INDEX "payments_merchant_id_id_idx" ON "payments"("merchant_id", "id");
CREATE INDEX "payments_payer_key_id_idx" ON "payments"("payer_key", "id");
CREATE INDEX "attempts_channel_txn_idx" ON "attempts"("channel_txn");
CREATE INDEX "refunds_payment_id_idx" ON "refunds"("payment_id");
CREATE INDEX "refunds_merchant_id_id_idx" ON "refunds"("merchant_id", "id");
CREATE INDEX "idempotency_keys_expires_at_idx" ON "idempotency_keys"("expires_at");
CREATE INDEX "channel_callbacks_payment_id_idx" ON "channel_callbacks"("payment_id");
CREATE INDEX "channel_callbacks_received_at_idx" ON "channel_callbacks"("received_at");
CREATE UNIQUE INDEX "webhook_deliveries_payment_id_event_seq_url_key" ON "webhook_deliveries"("payment_id", "event_seq", "url");
CREATE INDEX "audit_log_object_type_object_id_idx" ON "audit_log"("object_type", "object_id");
CREATE INDEX "audit_log_actor_id_idx" ON "audit_log"("actor_id");
CREATE UNIQUE INDEX "console_users_email_key" ON "console_users"("email");
CREATE UNIQUE INDEX "console_sessions_token_key" ON "console_sessions"("token");
CREATE INDEX "console_sessions_user_id_idx" ON "console_sessions"("user_id");
CREATE INDEX "console_accounts_user_id_idx" ON "console_accounts"("user_id");
CREATE INDEX "console_verifications_identifier_idx" ON "console_verifications"("identifier");

ALTER TABLE "merchant_api_keys" ADD CONSTRAINT "merchant_api_keys_merchant_id_fkey" FOREIGN KEY ("merchant_id") REFERENCES "merchants"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "channel_accounts" ADD CONSTRAINT "channel_accounts_channel_id_fkey" FOREIGN KEY ("channel_id") REFERENCES "channels"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "console_sessions" ADD CONSTRAINT "console_sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "console_users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "console_accounts" ADD CONSTRAINT "console_accounts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "console_users"("id") ON DELETE CASCADE ON UPDATE CASCADE;
