/** What a scanned payment code (付款码) leads to. */
export type ScanOutcome =
  | { kind: 'paid' }
  | { kind: 'refused'; code: string }
  | { kind: 'paying'; pays: boolean }
  /** The money is taken (or not), and the answer leaves it open. */
  | { kind: 'open'; code: '03' | '04'; charged: boolean };

/**
 * Scripted outcomes by the last two digits, in the manner of test cards and alike WeChat Pay's where both know the case.
 * Everything else is paid at once.
 */
const scanOutcomes: Readonly<Record<string, ScanOutcome>> = {
  '01': { kind: 'refused', code: '64' },
  '02': { kind: 'paying', pays: true },
  '03': { kind: 'refused', code: '39' },
  '04': { kind: 'open', code: '04', charged: true },
  '05': { kind: 'refused', code: '61' },
  '06': { kind: 'paying', pays: false },
  '07': { kind: 'refused', code: '60' },
  '08': { kind: 'refused', code: '63' },
  '09': { kind: 'open', code: '03', charged: false },
};

/** Looks a code's script up. */
export const outcomeOfScan = (qrNo: string): ScanOutcome => scanOutcomes[qrNo.slice(-2)] ?? { kind: 'paid' };
