-- Lists: entries as data with an append-only log of their changes, which nodes follow; imports in two steps; and the
-- indexes that velocity facts by device, IP address and card read.

-- Entries leave the configuration: a change of one is not a change of configuration and reloads nothing.
DROP TRIGGER list_entries_announce ON list_entries;

ALTER TABLE list_entries ADD COLUMN "source" TEXT NOT NULL DEFAULT 'console';
ALTER TABLE list_entries ADD CONSTRAINT list_entries_fit CHECK (
  length(list) BETWEEN 1 AND 48 AND length(value) BETWEEN 1 AND 128 AND length(reason) <= 200 AND length(source) <= 64);
CREATE INDEX "list_entries_list_created_at_value_idx" ON "list_entries" ("list", "created_at", "value");

CREATE TABLE "list_changes" (
  "seq" BIGSERIAL NOT NULL,
  "xid" BIGINT NOT NULL,
  "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "list" TEXT NOT NULL,
  "value" TEXT NOT NULL,
  "act" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "expires_at" TIMESTAMPTZ(6),
  "actor" TEXT NOT NULL,

  CONSTRAINT "list_changes_pkey" PRIMARY KEY ("seq")
);
-- Followers ask for what became visible since their last look, which is a range of transactions.
CREATE INDEX "list_changes_xid_seq_idx" ON "list_changes" ("xid", "seq");
CREATE INDEX "list_changes_list_value_seq_idx" ON "list_changes" ("list", "value", "seq");
ALTER TABLE list_changes ADD CONSTRAINT list_changes_act_known CHECK (act IN ('added', 'changed', 'removed'));

CREATE TRIGGER list_changes_append_only BEFORE UPDATE OR DELETE ON list_changes
  FOR EACH ROW EXECUTE FUNCTION tributary_refuse_change();

-- Whoever writes an entry, by whatever way, leaves a line in the log. Who removes one says so in `tributary.actor` and
-- `tributary.reason`, set for the transaction.
CREATE FUNCTION tributary_log_list_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO list_changes (xid, at, list, value, act, reason, source, expires_at, actor)
  SELECT pg_current_xact_id()::text::bigint, clock_timestamp(), list, value,
    CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END,
    CASE TG_OP WHEN 'DELETE' THEN coalesce(nullif(current_setting('tributary.reason', true), ''), '') ELSE reason END,
    source, expires_at,
    CASE TG_OP WHEN 'DELETE' THEN coalesce(nullif(current_setting('tributary.actor', true), ''), 'unknown') ELSE created_by END
  FROM touched;
  IF FOUND THEN
    PERFORM pg_notify('tributary_lists', '');
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER list_entries_log_insert AFTER INSERT ON list_entries
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION tributary_log_list_changes();
CREATE TRIGGER list_entries_log_update AFTER UPDATE ON list_entries
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION tributary_log_list_changes();
CREATE TRIGGER list_entries_log_delete AFTER DELETE ON list_entries
  REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION tributary_log_list_changes();

-- What was there before the log began is its first part.
INSERT INTO list_changes (xid, at, list, value, act, reason, source, expires_at, actor)
SELECT pg_current_xact_id()::text::bigint, created_at, list, value, 'added', reason, source, expires_at, created_by
FROM list_entries ORDER BY created_at;

CREATE TABLE "list_imports" (
  "id" TEXT NOT NULL,
  "list" TEXT NOT NULL,
  "subject" TEXT NOT NULL,
  "state" TEXT NOT NULL DEFAULT 'receiving',
  "file_name" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "next_part" INTEGER NOT NULL DEFAULT 0,
  "reading" JSONB NOT NULL,
  "bytes" BIGINT NOT NULL DEFAULT 0,
  "rows" INTEGER NOT NULL DEFAULT 0,
  "bad_lines" INTEGER NOT NULL DEFAULT 0,
  "problems" JSONB NOT NULL DEFAULT '[]',
  "result" JSONB,
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "finished_at" TIMESTAMPTZ(6),

  CONSTRAINT "list_imports_pkey" PRIMARY KEY ("id")
);
ALTER TABLE list_imports ADD CONSTRAINT list_imports_state_known
  CHECK (state IN ('receiving', 'ready', 'confirmed', 'discarded'));

CREATE TABLE "list_import_rows" (
  "import_id" TEXT NOT NULL,
  "value" TEXT NOT NULL,
  "line" INTEGER NOT NULL,
  "reason" TEXT NOT NULL,
  "source" TEXT NOT NULL,
  "expires_at" TIMESTAMPTZ(6),

  CONSTRAINT "list_import_rows_pkey" PRIMARY KEY ("import_id", "value")
);
ALTER TABLE "list_import_rows" ADD CONSTRAINT "list_import_rows_import_id_fkey"
  FOREIGN KEY ("import_id") REFERENCES "list_imports" ("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Velocity facts: only payments that name a device, an address or a card are in these, so others cost nothing.
CREATE INDEX payments_device ON payments ((payer ->> 'deviceId'), id) WHERE (payer ->> 'deviceId') IS NOT NULL;
CREATE INDEX payments_ip ON payments ((payer ->> 'ip'), id) WHERE (payer ->> 'ip') IS NOT NULL;
CREATE INDEX payments_card ON payments ((payer ->> 'cardId'), id) WHERE (payer ->> 'cardId') IS NOT NULL;
