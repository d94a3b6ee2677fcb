import {
  type Diagnosis,
  type Difference,
  type DoctorKey,
  firstDifference,
} from '@tributary/channels/wire/doctor/diagnosis';
import { type Pasted, PasteError, parsePaste } from '@tributary/channels/wire/doctor/paste';
import type { MessageDirection, PasteProblem } from '@tributary/contracts/signature-doctor';
import { diagnoseMerchant } from '../../access/diagnose-merchant.ts';
import { AppError } from '../../platform/app-error.ts';
import { webhookSecretAad } from '../../platform/secret-places.ts';
import type { AdminDeps } from '../admin-deps.ts';

export type ExamineRequest = {
  subject: { kind: 'account' | 'merchant'; id: string };
  text: string;
  direction?: MessageDirection | undefined;
  theirs?: string | undefined;
  at: Date;
  others: readonly DoctorKey[];
};

type Told = Omit<Diagnosis, 'canonical' | 'signed' | 'difference'> & {
  readable: true;
  canonical: string;
  /** Of the text that has to be signed. */
  canonicalBytes: number;
  signed: string | null;
  difference: Difference | null;
  /** Where what the other side says it signed differs from what it should have; null when it does not, or was not told. */
  theirs: { equal: boolean; difference: Difference | null } | null;
};
/** `line` of the paste that is no part of a message. */
type Unreadable = { readable: false; line: number; problem: PasteProblem };

/** Examines one message with the keys of an account or a merchant. */
export function createExaminer({
  config,
  secrets,
  openAccount,
}: Pick<AdminDeps, 'config' | 'secrets' | 'openAccount'>) {
  async function diagnose(pasted: Pasted, request: ExamineRequest): Promise<Diagnosis> {
    const { subject, direction, at, others } = request;
    if (subject.kind === 'merchant') {
      const { apiKeys, merchants } = config.current();
      const stored = merchants.get(subject.id)?.webhookSecret;
      return diagnoseMerchant(
        {
          keys: [...apiKeys.values()].filter(({ merchantId }) => merchantId === subject.id),
          webhookSecret: stored === undefined ? undefined : secrets.decrypt(stored, webhookSecretAad(subject.id)),
        },
        pasted,
        { direction, at },
      );
    }
    const { doctor } = await openAccount(subject.id);
    if (!doctor)
      throw new AppError('invalid_request', 'this channel can not examine its messages', {
        errors: [{ path: 'subject.id', message: 'is of a channel without a signature doctor' }],
      });
    return doctor.diagnose(pasted, { direction, at, others });
  }

  return async function examine(request: ExamineRequest): Promise<Told | Unreadable> {
    try {
      const { canonical, signed, difference, ...diagnosis } = await diagnose(parsePaste(request.text), request);
      const theirs = request.theirs === undefined || request.theirs === '' ? undefined : Buffer.from(request.theirs);
      const apart = theirs && firstDifference(canonical, theirs);
      return {
        ...diagnosis,
        readable: true,
        canonical: canonical.toString(),
        canonicalBytes: canonical.length,
        signed: signed?.toString() ?? null,
        difference: difference ?? null,
        theirs: theirs ? { equal: apart === undefined, difference: apart ?? null } : null,
      };
    } catch (error) {
      if (error instanceof PasteError) return { readable: false, line: error.line, problem: error.problem };
      throw error;
    }
  };
}
