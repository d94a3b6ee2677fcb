-- Every version of a channel account's address, configuration and secrets. `channel_accounts` holds a copy of what is in
-- force; version 0 there means that nothing is yet.
CREATE TABLE "channel_account_versions" (
  "account_id" TEXT COLLATE "C" NOT NULL,
  "version" INTEGER NOT NULL,
  "state" TEXT NOT NULL DEFAULT 'staged',
  "base_url" TEXT NOT NULL,
  "config" JSONB NOT NULL,
  "secrets" TEXT,
  "marks" JSONB,
  "expires_at" TIMESTAMPTZ(6),
  "note" TEXT NOT NULL DEFAULT '',
  "probe" JSONB,
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "switched_by" TEXT,
  "switched_at" TIMESTAMPTZ(6),
  "overlap_until" TIMESTAMPTZ(6),
  "ended_at" TIMESTAMPTZ(6),

  CONSTRAINT "channel_account_versions_pkey" PRIMARY KEY ("account_id", "version")
);
ALTER TABLE "channel_account_versions" ADD CONSTRAINT "channel_account_versions_account_id_fkey"
  FOREIGN KEY ("account_id") REFERENCES "channel_accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE channel_account_versions
  ADD CONSTRAINT channel_account_versions_state_known
    CHECK (state IN ('staged', 'live', 'overlap', 'retired', 'discarded')),
  -- What can still be used has its secrets; what cannot has lost them.
  ADD CONSTRAINT channel_account_versions_secrets_while_usable
    CHECK ((state IN ('staged', 'live', 'overlap')) = (secrets IS NOT NULL)),
  ADD CONSTRAINT channel_account_versions_overlap_ends CHECK (state <> 'overlap' OR overlap_until IS NOT NULL),
  -- Four eyes: who wrote a version does not switch to it.
  ADD CONSTRAINT channel_account_versions_four_eyes CHECK (switched_by <> created_by);
CREATE UNIQUE INDEX channel_account_versions_one_live ON channel_account_versions (account_id) WHERE state = 'live';
CREATE UNIQUE INDEX channel_account_versions_one_staged ON channel_account_versions (account_id) WHERE state = 'staged';

-- A warning that something of an account expires soon, said once per threshold.
CREATE TABLE "channel_account_warnings" (
  "account_id" TEXT COLLATE "C" NOT NULL,
  "item" TEXT NOT NULL,
  "expires_at" TIMESTAMPTZ(6) NOT NULL,
  "days" INTEGER NOT NULL,
  "warned_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "channel_account_warnings_pkey" PRIMARY KEY ("account_id", "item", "expires_at", "days")
);
ALTER TABLE "channel_account_warnings" ADD CONSTRAINT "channel_account_warnings_account_id_fkey"
  FOREIGN KEY ("account_id") REFERENCES "channel_accounts"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE "channel_accounts"
  ADD COLUMN "disabled_until" TIMESTAMPTZ(6),
  ADD COLUMN "disabled_reason" TEXT,
  ADD COLUMN "disabled_by" TEXT;

-- Which version of which account a node holds open.
ALTER TABLE "nodes" ADD COLUMN "accounts" JSONB NOT NULL DEFAULT '{}';

INSERT INTO channel_account_versions (account_id, version, state, base_url, config, secrets, created_by, created_at)
SELECT id, version, 'live', base_url, config, secrets, 'migration', updated_at FROM channel_accounts;

-- Whoever changes what an account is, makes a version of it: the number rises with the content and with nothing else.
CREATE FUNCTION tributary_number_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.base_url, OLD.config, OLD.secrets) IS NOT DISTINCT FROM (NEW.base_url, NEW.config, NEW.secrets) THEN
    NEW.version := OLD.version;
  ELSIF NEW.version > 0 AND NOT EXISTS (
    SELECT 1 FROM channel_account_versions WHERE account_id = NEW.id AND version = NEW.version AND state = 'live'
      AND (base_url, config, secrets) = (NEW.base_url, NEW.config, NEW.secrets)
  ) THEN
    NEW.version := (SELECT coalesce(max(version), 0) + 1 FROM channel_account_versions WHERE account_id = NEW.id);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER channel_accounts_number BEFORE INSERT OR UPDATE ON channel_accounts
  FOR EACH ROW EXECUTE FUNCTION tributary_number_account();

-- What was changed behind the console's back gets its version all the same. Nobody asked for an overlap then.
CREATE FUNCTION tributary_keep_account_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.version > 0 AND NOT EXISTS (
    SELECT 1 FROM channel_account_versions WHERE account_id = NEW.id AND version = NEW.version
  ) THEN
    UPDATE channel_account_versions SET state = 'retired', secrets = NULL, ended_at = now()
      WHERE account_id = NEW.id AND state IN ('live', 'overlap');
    INSERT INTO channel_account_versions (account_id, version, state, base_url, config, secrets, created_by, switched_at)
      VALUES (NEW.id, NEW.version, 'live', NEW.base_url, NEW.config, NEW.secrets, 'outside the console', now());
  END IF;
  PERFORM pg_notify('tributary_accounts', NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER channel_accounts_keep_version AFTER INSERT OR UPDATE ON channel_accounts
  FOR EACH ROW EXECUTE FUNCTION tributary_keep_account_version();

-- An overlap that ends, or begins, is news for every node that holds the account.
CREATE FUNCTION tributary_account_version_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('tributary_accounts', NEW.account_id);
  RETURN NULL;
END $$;
CREATE TRIGGER channel_account_versions_announce AFTER UPDATE OF state, overlap_until ON channel_account_versions
  FOR EACH ROW EXECUTE FUNCTION tributary_account_version_changed();
CREATE FUNCTION tributary_account_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('tributary_accounts', OLD.id);
  RETURN NULL;
END $$;
CREATE TRIGGER channel_accounts_gone AFTER DELETE ON channel_accounts
  FOR EACH ROW EXECUTE FUNCTION tributary_account_gone();

-- A version is what it was when it was written; only its state goes on.
CREATE FUNCTION tributary_keep_account_content() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'version % of channel account % was written once and for all', OLD.version, OLD.account_id
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'channel_account_versions_are_written_once';
END $$;
CREATE TRIGGER channel_account_versions_are_written_once BEFORE UPDATE ON channel_account_versions
  FOR EACH ROW
  WHEN ((OLD.base_url, OLD.config, OLD.created_by, OLD.created_at) IS DISTINCT FROM (NEW.base_url, NEW.config, NEW.created_by, NEW.created_at))
  EXECUTE FUNCTION tributary_keep_account_content();
