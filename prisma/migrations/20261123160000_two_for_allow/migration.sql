-- An entry of a list that lets payments through needs a second person, as a change of configuration does. Whoever blocks
-- does so alone and at once.
ALTER TABLE list_entries ADD COLUMN "approved_by" TEXT;
ALTER TABLE list_imports ADD COLUMN "asked_by" TEXT;
ALTER TABLE list_imports ADD COLUMN "decided_by" TEXT;
ALTER TABLE list_imports DROP CONSTRAINT list_imports_state_known;
ALTER TABLE list_imports ADD CONSTRAINT list_imports_state_known
  CHECK (state IN ('receiving', 'ready', 'waiting', 'confirmed', 'discarded'));
CREATE INDEX list_imports_waiting ON list_imports (created_at) WHERE state = 'waiting';

-- Whether a list lets payments through, for all merchants or for a canary's.
CREATE FUNCTION tributary_list_allows(a_list text) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
      SELECT 1 FROM config_live l JOIN config_versions v USING (kind, object_id, version)
      WHERE l.kind = 'list' AND l.object_id = a_list AND v.document ->> 'effect' = 'allow')
    OR EXISTS (
      SELECT 1 FROM change_requests c JOIN change_items i ON i.change_id = c.id
      WHERE c.status = 'canary' AND i.kind = 'list' AND i.object_id = a_list AND i.document ->> 'effect' = 'allow')
$$;

-- What is there already was put there under other rules and stays.
ALTER TABLE list_entries DISABLE TRIGGER list_entries_log_update;
UPDATE list_entries SET approved_by = '(before approvals)' WHERE tributary_list_allows(list);
ALTER TABLE list_entries ENABLE TRIGGER list_entries_log_update;

-- Whatever the code above says. The lock is held against a definition that becomes one of letting through meanwhile.
CREATE FUNCTION tributary_two_for_allow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  the_list text;
BEGIN
  FOR the_list IN SELECT DISTINCT list FROM touched WHERE approved_by IS NULL OR approved_by = created_by ORDER BY 1 LOOP
    PERFORM pg_advisory_xact_lock_shared(hashtext('tributary_list'), hashtext(the_list));
    IF tributary_list_allows(the_list) THEN
      RAISE EXCEPTION 'an entry of % needs a second person', the_list
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'list_entries_two_for_allow';
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER list_entries_two_for_allow_insert AFTER INSERT ON list_entries
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION tributary_two_for_allow();
CREATE TRIGGER list_entries_two_for_allow_update AFTER UPDATE ON list_entries
  REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION tributary_two_for_allow();

-- And the other way round: a list does not begin to let through what one person put on it.
CREATE FUNCTION tributary_allow_over_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM config_versions v WHERE v.kind = NEW.kind AND v.object_id = NEW.object_id
             AND v.version = NEW.version AND v.document ->> 'effect' = 'allow') THEN
    PERFORM pg_advisory_xact_lock(hashtext('tributary_list'), hashtext(NEW.object_id));
    IF EXISTS (SELECT 1 FROM list_entries e WHERE e.list = NEW.object_id
               AND (e.approved_by IS NULL OR e.approved_by = e.created_by)) THEN
      RAISE EXCEPTION 'list % has entries that one person put on it', NEW.object_id
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'config_publications_allow_over_entries';
    END IF;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER config_publications_allow_over_entries AFTER INSERT ON config_publications
  FOR EACH ROW WHEN (NEW.kind = 'list') EXECUTE FUNCTION tributary_allow_over_entries();
