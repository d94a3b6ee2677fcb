-- Support looks a payment up by the trace id that a merchant's log shows. A hash index keeps four bytes of it instead of 32.
CREATE INDEX "payments_trace_id_idx" ON "payments" USING hash ("trace_id");
