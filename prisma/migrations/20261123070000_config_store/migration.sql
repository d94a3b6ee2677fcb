-- One store for every document of configuration: rule sets, services, channels, limits, lists, response codes. Versions
-- are only ever added; what is in force is a pointer; what was in force when is a log; changes go through requests.

CREATE TABLE "config_versions" (
  "kind" TEXT NOT NULL,
  "object_id" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "document" JSONB,
  "content_hash" TEXT NOT NULL,
  "note" TEXT NOT NULL DEFAULT '',
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "change_id" TEXT,

  CONSTRAINT "config_versions_pkey" PRIMARY KEY ("kind", "object_id", "version")
);
ALTER TABLE config_versions
  ADD CONSTRAINT config_versions_kind_known CHECK (kind IN ('risk', 'routing', 'service', 'channel', 'limit', 'list', 'response_codes')),
  ADD CONSTRAINT config_versions_counted CHECK (version > 0),
  ADD CONSTRAINT config_versions_fit CHECK (length(object_id) BETWEEN 1 AND 64);

CREATE TABLE "config_publications" (
  "id" BIGSERIAL NOT NULL,
  "kind" TEXT NOT NULL,
  "object_id" TEXT NOT NULL,
  "version" INTEGER NOT NULL,
  "change_id" TEXT,
  "arm" TEXT NOT NULL DEFAULT 'all',
  "percent" INTEGER,
  "published_by" TEXT NOT NULL,
  "published_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "config_publications_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "config_publications_kind_object_id_published_at_idx" ON "config_publications" ("kind", "object_id", "published_at");
CREATE INDEX "config_publications_published_at_idx" ON "config_publications" ("published_at");
ALTER TABLE "config_publications" ADD CONSTRAINT "config_publications_kind_object_id_version_fkey"
  FOREIGN KEY ("kind", "object_id", "version") REFERENCES "config_versions" ("kind", "object_id", "version") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE config_publications ADD CONSTRAINT config_publications_arm_known
  CHECK ((arm = 'all' AND percent IS NULL) OR (arm = 'canary' AND percent BETWEEN 1 AND 99));

CREATE TABLE "config_live" (
  "kind" TEXT NOT NULL,
  "object_id" TEXT NOT NULL,
  "version" INTEGER NOT NULL,

  CONSTRAINT "config_live_pkey" PRIMARY KEY ("kind", "object_id")
);
ALTER TABLE "config_live" ADD CONSTRAINT "config_live_kind_object_id_version_fkey"
  FOREIGN KEY ("kind", "object_id", "version") REFERENCES "config_versions" ("kind", "object_id", "version") ON DELETE RESTRICT ON UPDATE CASCADE;

CREATE TABLE "change_requests" (
  "id" TEXT NOT NULL,
  "title" TEXT NOT NULL,
  "reason" TEXT NOT NULL,
  "status" TEXT NOT NULL DEFAULT 'draft',
  "content_hash" TEXT NOT NULL,
  "authors" TEXT[] NOT NULL,
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "submitted_at" TIMESTAMPTZ(6),
  "approved_at" TIMESTAMPTZ(6),
  "published_at" TIMESTAMPTZ(6),
  "published_by" TEXT,
  -- How it is to be published: fits publishPlanSchema.
  "plan" JSONB,
  "publish_at" TIMESTAMPTZ(6),
  -- When the canary or the watch window ends.
  "stage_ends_at" TIMESTAMPTZ(6),
  -- Findings of the gate, acknowledged warnings.
  "checks" JSONB,
  -- Numbers of the watch: before, during, thresholds, verdict.
  "outcome" JSONB,
  "emergency" BOOLEAN NOT NULL DEFAULT false,
  -- An emergency publish that no second person has looked at yet.
  "review_open" BOOLEAN NOT NULL DEFAULT false,
  "reverts" TEXT,
  "error" TEXT,

  CONSTRAINT "change_requests_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "change_requests_created_at_id_idx" ON "change_requests" ("created_at", "id");
ALTER TABLE change_requests
  ADD CONSTRAINT change_requests_status_known CHECK (status IN ('draft', 'in_review', 'approved', 'scheduled', 'canary', 'watching', 'verified', 'rolled_back', 'rejected', 'withdrawn', 'voided')),
  ADD CONSTRAINT change_requests_have_authors CHECK (cardinality(authors) > 0),
  ADD CONSTRAINT change_requests_scheduled_has_time CHECK (status <> 'scheduled' OR (publish_at IS NOT NULL AND plan IS NOT NULL)),
  ADD CONSTRAINT change_requests_published_is_told CHECK (status NOT IN ('canary', 'watching', 'verified', 'rolled_back') OR published_at IS NOT NULL);
-- One canary at a time: a number that goes bad has one cause.
CREATE UNIQUE INDEX change_requests_one_canary ON change_requests ((true)) WHERE status = 'canary';
CREATE INDEX change_requests_due ON change_requests (coalesce(stage_ends_at, publish_at)) WHERE status IN ('scheduled', 'canary', 'watching');

CREATE TABLE "change_items" (
  "change_id" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "object_id" TEXT NOT NULL,
  "document" JSONB,
  "content_hash" TEXT NOT NULL,
  -- The version that was live when it was written; 0 when there was none.
  "base_version" INTEGER NOT NULL,
  "published_version" INTEGER,

  CONSTRAINT "change_items_pkey" PRIMARY KEY ("change_id", "kind", "object_id")
);
ALTER TABLE "change_items" ADD CONSTRAINT "change_items_change_id_fkey"
  FOREIGN KEY ("change_id") REFERENCES "change_requests" ("id") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TABLE "change_approvals" (
  "id" BIGSERIAL NOT NULL,
  "change_id" TEXT NOT NULL,
  "content_hash" TEXT NOT NULL,
  "verdict" TEXT NOT NULL,
  "by" TEXT NOT NULL,
  "comment" TEXT NOT NULL DEFAULT '',
  "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

  CONSTRAINT "change_approvals_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "change_approvals_change_id_idx" ON "change_approvals" ("change_id");
ALTER TABLE "change_approvals" ADD CONSTRAINT "change_approvals_change_id_fkey"
  FOREIGN KEY ("change_id") REFERENCES "change_requests" ("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE change_approvals ADD CONSTRAINT change_approvals_verdict_known CHECK (verdict IN ('approve', 'reject', 'review'));

CREATE TABLE "change_events" (
  "id" BIGSERIAL NOT NULL,
  "change_id" TEXT NOT NULL,
  "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "actor" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "from_status" TEXT,
  "to_status" TEXT,
  "data" JSONB NOT NULL DEFAULT '{}',

  CONSTRAINT "change_events_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "change_events_change_id_id_idx" ON "change_events" ("change_id", "id");
ALTER TABLE "change_events" ADD CONSTRAINT "change_events_change_id_fkey"
  FOREIGN KEY ("change_id") REFERENCES "change_requests" ("id") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TRIGGER config_versions_append_only BEFORE UPDATE OR DELETE ON config_versions
  FOR EACH ROW EXECUTE FUNCTION tributary_refuse_change();
CREATE TRIGGER config_publications_append_only BEFORE UPDATE OR DELETE ON config_publications
  FOR EACH ROW EXECUTE FUNCTION tributary_refuse_change();
CREATE TRIGGER change_approvals_append_only BEFORE UPDATE OR DELETE ON change_approvals
  FOR EACH ROW EXECUTE FUNCTION tributary_refuse_change();
CREATE TRIGGER change_events_append_only BEFORE UPDATE OR DELETE ON change_events
  FOR EACH ROW EXECUTE FUNCTION tributary_refuse_change();

-- Four eyes, whatever the code above says: who wrote any part of a change never approves it.
CREATE FUNCTION tributary_four_eyes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.verdict IN ('approve', 'review')
     AND EXISTS (SELECT 1 FROM change_requests c WHERE c.id = NEW.change_id AND NEW."by" = ANY (c.authors)) THEN
    RAISE EXCEPTION '% wrote change % and can not approve it', NEW."by", NEW.change_id
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'change_approvals_four_eyes';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER change_approvals_four_eyes BEFORE INSERT ON change_approvals
  FOR EACH ROW EXECUTE FUNCTION tributary_four_eyes();

-- The only way into force. A document of null takes the object out. Returns the version.
CREATE FUNCTION tributary_publish(
  a_kind text, an_object_id text, a_document jsonb, an_actor text,
  a_note text DEFAULT '', a_content_hash text DEFAULT NULL, a_change_id text DEFAULT NULL
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  the_version integer;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('tributary_config'), hashtext(a_kind || '/' || an_object_id));
  SELECT coalesce(max(version), 0) + 1 INTO the_version FROM config_versions WHERE kind = a_kind AND object_id = an_object_id;
  INSERT INTO config_versions (kind, object_id, version, document, content_hash, note, created_by, change_id)
  VALUES (a_kind, an_object_id, the_version, a_document,
    coalesce(a_content_hash, 'sql:' || encode(sha256(coalesce(a_document::text, 'null')::bytea), 'hex')), a_note, an_actor, a_change_id);
  PERFORM tributary_put_in_force(a_kind, an_object_id, the_version, an_actor, a_change_id);
  RETURN the_version;
END $$;

CREATE FUNCTION tributary_put_in_force(
  a_kind text, an_object_id text, a_version integer, an_actor text, a_change_id text
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO config_live (kind, object_id, version) VALUES (a_kind, an_object_id, a_version)
  ON CONFLICT (kind, object_id) DO UPDATE SET version = excluded.version;
  INSERT INTO config_publications (kind, object_id, version, change_id, published_by, published_at)
  VALUES (a_kind, an_object_id, a_version, a_change_id, an_actor, clock_timestamp());
  -- A channel has a row of its own for what is no document: its switch and its accounts.
  IF a_kind = 'channel' THEN
    INSERT INTO channels (id) VALUES (an_object_id) ON CONFLICT (id) DO NOTHING;
  END IF;
END $$;

COMMENT ON FUNCTION tributary_publish IS 'Adds a version of a configuration document and puts it in force, announced to every node. Returns the version.';

-- What was there before becomes the first versions.
INSERT INTO config_versions (kind, object_id, version, document, content_hash, note, created_by, created_at)
SELECT kind, 'main', version, document, content_hash, note, created_by, created_at FROM rule_sets WHERE status <> 'draft';
INSERT INTO config_publications (kind, object_id, version, published_by, published_at)
SELECT kind, 'main', version, coalesce(published_by, created_by), coalesce(published_at, created_at)
FROM rule_sets WHERE status <> 'draft' ORDER BY coalesce(published_at, created_at), version;
INSERT INTO config_live (kind, object_id, version) SELECT kind, 'main', version FROM rule_sets WHERE status = 'published';
SELECT tributary_publish('service', id, config, updated_by, 'moved into the store') FROM services ORDER BY id;
SELECT tributary_publish('limit', id, jsonb_strip_nulls(jsonb_build_object(
    'id', id, 'name', name, 'enabled', enabled, 'scope', to_jsonb(scope), 'period', period, 'currency', currency,
    'maxAmount', max_amount, 'maxCount', max_count,
    'match', jsonb_build_object(
      'merchantIds', CASE WHEN match ? 'merchantId' THEN jsonb_build_array(match -> 'merchantId') END,
      'serviceIds', CASE WHEN match ? 'serviceId' THEN jsonb_build_array(match -> 'serviceId') END))),
  updated_by, 'moved into the store') FROM limits ORDER BY id;

ALTER TABLE channels ALTER COLUMN adapter DROP NOT NULL, ALTER COLUMN name DROP NOT NULL, ALTER COLUMN params DROP NOT NULL;
SELECT tributary_publish('channel', id, jsonb_build_object(
    'id', id, 'name', name, 'adapter', adapter, 'priority', priority, 'feeBps', fee_bps, 'params', params),
  'system', 'moved into the store') FROM channels ORDER BY id;
ALTER TABLE channels DROP COLUMN adapter, DROP COLUMN name, DROP COLUMN priority, DROP COLUMN fee_bps, DROP COLUMN params;

DROP TABLE rule_sets;
DROP TABLE services;
DROP TABLE limits;

CREATE TRIGGER config_live_announce AFTER INSERT OR UPDATE OR DELETE ON config_live
  FOR EACH STATEMENT EXECUTE FUNCTION tributary_config_changed();
-- A canary begins and ends without touching what is in force for all.
CREATE FUNCTION tributary_canary_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  now_at bigint;
BEGIN
  UPDATE config_state SET version = version + 1 WHERE id = 1 RETURNING version INTO now_at;
  PERFORM pg_notify('tributary_config', now_at::text);
  RETURN NULL;
END $$;
CREATE TRIGGER change_requests_announce AFTER UPDATE OF status ON change_requests
  FOR EACH ROW WHEN ((OLD.status = 'canary') <> (NEW.status = 'canary')) EXECUTE FUNCTION tributary_canary_changed();

-- What each node runs, document by document, and what it refuses to run.
ALTER TABLE "nodes" ADD COLUMN "running" JSONB NOT NULL DEFAULT '{}';
ALTER TABLE "nodes" ADD COLUMN "config_errors" JSONB NOT NULL DEFAULT '[]';
ALTER TABLE "nodes" DROP COLUMN "risk_version", DROP COLUMN "route_version";
