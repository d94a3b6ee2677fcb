/** Where each kind of secret belongs: the additional data its ciphertext is bound to, so that it opens nowhere else. */

export const accountSecretsAad = (accountId: string): string => `channel_accounts|secrets|${accountId}`;
export const webhookSecretAad = (merchantId: string): string => `merchants|webhook_secret|${merchantId}`;
export const webhookKeyAad = (merchantId: string): string => `merchants|webhook_key|${merchantId}`;
