-- Text to bytes by its encoding: a cast reads backslashes, so documents with quotes in them were refused or misread.
CREATE OR REPLACE FUNCTION tributary_publish(
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
    coalesce(a_content_hash, 'sql:' || encode(sha256(convert_to(coalesce(a_document::text, 'null'), 'UTF8')), 'hex')),
    a_note, an_actor, a_change_id);
  PERFORM tributary_put_in_force(a_kind, an_object_id, the_version, an_actor, a_change_id);
  RETURN the_version;
END $$;

-- The approval itself, whatever the code above says: nothing counts as approved that nobody but its authors has approved
-- as it stands since it was submitted, authors are never taken off the list, and only an emergency goes without.
CREATE FUNCTION tributary_approved_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT (OLD.authors <@ NEW.authors) THEN
    RAISE EXCEPTION 'an author of change % can not be taken off', NEW.id
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'change_requests_authors_stay';
  END IF;
  IF NEW.emergency <> OLD.emergency THEN
    RAISE EXCEPTION 'change % was begun otherwise', NEW.id
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'change_requests_emergency_stays';
  END IF;
  IF NEW.status IN ('approved', 'scheduled', 'canary', 'watching', 'verified') AND NOT NEW.emergency
     AND NOT EXISTS (
       SELECT 1 FROM change_approvals a
       WHERE a.change_id = NEW.id AND a.verdict = 'approve' AND a.content_hash = NEW.content_hash
         AND a.at >= NEW.submitted_at AND a."by" <> ALL (NEW.authors)) THEN
    RAISE EXCEPTION 'change % is not approved as it stands', NEW.id
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'change_requests_approved_first';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER change_requests_approved_first BEFORE UPDATE ON change_requests
  FOR EACH ROW EXECUTE FUNCTION tributary_approved_first();
CREATE FUNCTION tributary_change_begins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.status <> 'draft' THEN
    RAISE EXCEPTION 'a change begins as a draft'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'change_requests_begin_as_draft';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER change_requests_begin_as_draft BEFORE INSERT ON change_requests
  FOR EACH ROW EXECUTE FUNCTION tributary_change_begins();
