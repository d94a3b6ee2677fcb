-- Whoever finds a budget used up gets a place in its line: one time to come again, after all who came before.
ALTER TABLE shared_budgets DROP COLUMN granted, ADD COLUMN line_at timestamptz(6);

-- Takes tokens of a bucket that is filled by `per_second` and holds a second's worth, one at least. Those who come at their
-- time in the line (`waited`) go first; those who come for the first time (`fresh`) pass only while nobody is in the line.
-- The rest is put at its end, which is not before `rest_ms` from now; while that is above zero, nobody passes at all.
-- A few who come at their time and find nothing, because time is measured here and there, come again at once.
CREATE FUNCTION tributary_take_budget(bucket text, fresh int, waited int, per_second float8, rest_ms float8,
  OUT fresh_passed int, OUT waited_passed int, OUT fresh_ms float8, OUT waited_ms float8) LANGUAGE plpgsql AS $$
DECLARE
  at timestamptz;
  most float8 := greatest(per_second, 1);
  have float8 := 0;
  held shared_budgets;
  line timestamptz;
  missed int;
  queued int;
  is_few boolean;
BEGIN
  INSERT INTO shared_budgets (name, tokens, refilled_at) VALUES (bucket, most, clock_timestamp()) ON CONFLICT (name) DO NOTHING;
  SELECT * INTO held FROM shared_budgets b WHERE b.name = bucket FOR UPDATE;
  at := clock_timestamp();
  held.tokens := least(most, held.tokens + greatest(0, extract(epoch FROM at - held.refilled_at)::float8) * per_second);
  IF rest_ms <= 0 THEN have := floor(held.tokens); END IF;
  waited_passed := least(waited, have);
  fresh_passed := CASE WHEN coalesce(held.line_at, at) <= at THEN least(fresh, have - waited_passed) ELSE 0 END;
  missed := waited - waited_passed;
  is_few := rest_ms <= 0 AND missed <= most;
  queued := fresh - fresh_passed + CASE WHEN is_few THEN 0 ELSE missed END;
  line := greatest(at + make_interval(secs => rest_ms / 1000), coalesce(held.line_at, at));
  waited_ms := CASE WHEN is_few THEN 0 ELSE extract(epoch FROM line - at) * 1000 END;
  fresh_ms := extract(epoch FROM line - at) * 1000 + CASE WHEN is_few THEN 0 ELSE missed * 1000 / per_second END;
  UPDATE shared_budgets b SET tokens = held.tokens - waited_passed - fresh_passed, refilled_at = at,
    line_at = CASE WHEN queued > 0 THEN line + make_interval(secs => queued / per_second) ELSE b.line_at END
  WHERE b.name = bucket;
END $$;

-- What of a bulk look-up is done with, and how much of that the channel was really asked about.
ALTER TABLE sync_batches ADD COLUMN handled int NOT NULL DEFAULT 0;
UPDATE sync_batches SET handled = asked;
ALTER TABLE sync_batch_items ADD COLUMN asked boolean NOT NULL DEFAULT true;
