-- Payers, devices and cards are the merchant's own names: their payments are always asked for with the merchant, so that
-- a name that many merchants use costs none of them more.
CREATE INDEX "payments_payer_key_merchant_id_id_idx" ON "payments" ("payer_key", "merchant_id", "id");
DROP INDEX "payments_payer_key_id_idx";
DROP INDEX payments_device;
CREATE INDEX payments_device ON payments ((payer ->> 'deviceId'), merchant_id, id) WHERE (payer ->> 'deviceId') IS NOT NULL;
DROP INDEX payments_card;
CREATE INDEX payments_card ON payments ((payer ->> 'cardId'), merchant_id, id) WHERE (payer ->> 'cardId') IS NOT NULL;
