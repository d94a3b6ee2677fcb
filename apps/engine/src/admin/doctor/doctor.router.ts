import type { DoctorKey } from '@tributary/channels/wire/doctor/diagnosis';
import { maxPaste, messageDirections } from '@tributary/contracts/signature-doctor';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { AppError } from '../../platform/app-error.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createExaminer } from './examiner.ts';
import { createExamples, exampleKinds } from './examples.ts';

const id = z.string().min(1).max(64);
const subject = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('account'), id }),
  z.strictObject({ kind: z.literal('merchant'), id }),
]);
type Subject = z.infer<typeof subject>;

/** Other accounts of the channel whose keys are tried: enough for every environment somebody may have mixed up. */
const maxOthers = 20;

/** Says why a signed message does not verify. Reads keys and tells only of public ones; signs nothing it is given. */
export function createDoctorRouter(deps: AdminDeps) {
  const { config, adapters, audit, clock } = deps;
  const examine = createExaminer(deps);
  const example = createExamples(deps);

  /** Merchants examine what is their own, and learn nothing of anything else. */
  function mayExamine(wanted: Subject, onlyMerchant: string | undefined): void {
    const { accounts, merchants } = config.current();
    const isThere = wanted.kind === 'account' ? accounts.has(wanted.id) : merchants.has(wanted.id);
    const isTheirs = onlyMerchant === undefined || (wanted.kind === 'merchant' && wanted.id === onlyMerchant);
    if (!isThere || !isTheirs) throw new AppError('not_found', `there is no ${wanted.kind} ${wanted.id}`);
  }

  /** Keys of the channel's other accounts, to recognise the key of another environment by. */
  async function othersOf(accountId: string): Promise<DoctorKey[]> {
    const { accounts, channels } = config.current();
    const adapterOf = (one: string) => channels.get(accounts.get(one)?.channelId ?? '')?.adapter;
    const others = [...accounts.keys()].filter((one) => one !== accountId && adapterOf(one) === adapterOf(accountId));
    const found = await Promise.all(
      others.slice(0, maxOthers).map(async (one) => {
        const opened = await deps.openAccount(one).catch(() => undefined);
        const label = accounts.get(one)?.label ?? one;
        return (opened?.doctor?.keys() ?? []).map((key) => ({
          ...key,
          name: `${label} (${one}): ${key.name}`,
          relation: 'other_account' as const,
        }));
      }),
    );
    return found.flat();
  }

  return router({
    /** Whose messages the viewer may have examined. */
    subjects: procedure('doctor.use').query(({ ctx }) => {
      const { accounts, channels, merchants } = config.current();
      const isOpen = ctx.onlyMerchant === undefined;
      return {
        accounts: [...accounts.values()].flatMap((account) => {
          const channel = channels.get(account.channelId);
          return isOpen && channel && adapters.has(channel.adapter)
            ? [{ id: account.id, label: account.label, channel: channel.name, adapter: channel.adapter }]
            : [];
        }),
        merchants: [...merchants.values()].flatMap((merchant) =>
          isOpen || merchant.id === ctx.onlyMerchant ? [{ id: merchant.id, name: merchant.name }] : [],
        ),
      };
    }),
    diagnose: procedure('doctor.use')
      .input(
        z.strictObject({
          subject,
          text: z.string().max(maxPaste),
          direction: z.enum(messageDirections).optional(),
          /** When the message arrived, in ms; now when left out. */
          receivedAt: z.int().min(0).max(8_640_000_000_000_000).optional(),
          /** What the other side says it signed, to be compared. */
          theirs: z.string().max(maxPaste).optional(),
        }),
      )
      .mutation(async ({ ctx, input }) => {
        mayExamine(input.subject, ctx.onlyMerchant);
        const at = input.receivedAt === undefined ? clock.now() : new Date(input.receivedAt);
        const others = input.subject.kind === 'account' ? await othersOf(input.subject.id) : [];
        const result = await examine({ ...input, at, others });
        // Whose keys somebody tried messages on, never the message.
        await audit.append({
          actor: ctx.actor,
          action: 'doctor.diagnose',
          objectType: input.subject.kind === 'account' ? 'channel_account' : 'merchant',
          objectId: input.subject.id,
          result: 'ok',
          after: result.readable
            ? { verdict: result.verdict, causes: result.findings.map(({ cause }) => cause) }
            : { problem: result.problem },
        });
        return result;
      }),
    /** A message of the subject's own to try the doctor on. */
    example: procedure('doctor.use')
      .input(z.strictObject({ subject, kind: z.enum(exampleKinds) }))
      .mutation(async ({ ctx, input }) => {
        mayExamine(input.subject, ctx.onlyMerchant);
        return { text: await example(input.subject, input.kind) };
      }),
  });
}
