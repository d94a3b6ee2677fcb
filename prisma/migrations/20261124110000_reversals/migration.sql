-- What has to be known of an attempt across look-ups, so that its end rests on more than one answer.

ALTER TABLE attempts
  -- A reversal (撤销) was asked for, or is about to be, and was not clearly refused: money that the channel tells of may be on
  -- its way back. Stays when the order is closed.
  ADD COLUMN reversing boolean NOT NULL DEFAULT false,
  -- The channel has shown in a look-up or in its answer to a close that it knows the order.
  ADD COLUMN seen boolean NOT NULL DEFAULT false,
  -- Since when the channel says that it does not know the order, without having said anything else.
  ADD COLUMN not_found_since timestamptz(6);
