-- Look-ups have a rate of their own: by default what payments have, six times.
ALTER TABLE merchants ADD COLUMN reads_per_second INT NOT NULL DEFAULT 1200;
UPDATE merchants SET reads_per_second = rate_per_second * 6;
ALTER TABLE merchants ADD CONSTRAINT merchants_reads_per_second CHECK (reads_per_second > 0);

-- What each node says of the look-ups that it answered.
ALTER TABLE nodes ADD COLUMN reads JSONB NOT NULL DEFAULT '{}';
