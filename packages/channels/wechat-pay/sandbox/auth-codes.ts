/** What a scanned auth code (付款码) leads to. */
export type AuthCodeOutcome =
  | { kind: 'paid' }
  | { kind: 'refused'; status: number; code: string }
  | { kind: 'paying'; pays: boolean }
  | { kind: 'charged-but-error' };

/**
 * Scripted outcomes by the last two digits of the auth code, in the manner of test cards.
 * Everything else is paid at once.
 */
export const authCodeOutcomes: Readonly<Record<string, AuthCodeOutcome>> = {
  '01': { kind: 'refused', status: 403, code: 'NOTENOUGH' },
  '02': { kind: 'paying', pays: true },
  '03': { kind: 'refused', status: 400, code: 'AUTHCODEEXPIRE' },
  '04': { kind: 'charged-but-error' },
  '05': { kind: 'refused', status: 400, code: 'AUTH_CODE_INVALID' },
  '06': { kind: 'paying', pays: false },
  '07': { kind: 'refused', status: 500, code: 'BANKERROR' },
  '08': { kind: 'refused', status: 403, code: 'ACCOUNTERROR' },
};

/** Looks an auth code's script up. */
export const outcomeOfAuthCode = (authCode: string): AuthCodeOutcome =>
  authCodeOutcomes[authCode.slice(-2)] ?? { kind: 'paid' };
