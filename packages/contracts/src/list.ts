import * as z from 'zod';
import { cleanText } from './text.ts';

/** What a list holds: one kind of thing that a payment has. */
export const listSubjects = ['merchant', 'payer', 'device', 'ip', 'card_bin', 'bank'] as const;
export type ListSubject = (typeof listSubjects)[number];

/**
 * What being on a list means. Lists by themselves decide nothing: rules read the facts (`payerBlocked`, `payerAllowed`,
 * `payerWatched`, `payerLists`) and decide.
 */
export const listEffects = ['block', 'allow', 'watch'] as const;
export type ListEffect = (typeof listEffects)[number];

export const listIdSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{1,47}$/, { error: 'must be 2 to 48 of a-z 0-9 _ - and start with a letter' });

/** The definition of a list: a configuration document of kind `list`. Its entries are data and need no publishing. */
export const listConfigSchema = z.strictObject({
  id: listIdSchema,
  name: cleanText(80),
  subject: z.enum(listSubjects),
  effect: z.enum(listEffects),
  description: cleanText(300).optional(),
});
export type ListConfig = z.infer<typeof listConfigSchema>;

/** The lists that are always there. A document with the same id takes the place of one, but keeps its subject. */
export const builtInLists: readonly ListConfig[] = [
  { id: 'merchant', name: '商户黑名单', subject: 'merchant', effect: 'block' },
  { id: 'payer', name: '付款人黑名单', subject: 'payer', effect: 'block' },
  { id: 'device', name: '设备黑名单', subject: 'device', effect: 'block' },
  { id: 'ip', name: 'IP 黑名单', subject: 'ip', effect: 'block' },
  { id: 'card_bin', name: '卡 BIN 黑名单', subject: 'card_bin', effect: 'block' },
  { id: 'bank', name: '银行黑名单', subject: 'bank', effect: 'block' },
];

/** The lists in force: the built-in ones and those of the documents, by id. */
export function withBuiltInLists(documents: Iterable<ListConfig>): ReadonlyMap<string, ListConfig> {
  const lists = new Map(builtInLists.map((list) => [list.id, list]));
  for (const document of documents) {
    // Entries were written for the subject that the list had.
    const subject = builtInLists.find(({ id }) => id === document.id)?.subject ?? document.subject;
    lists.set(document.id, { ...document, subject });
  }
  return lists;
}

/** The most that one import may hold. */
export const listImportLimits = {
  /** Lines with a value. */
  rows: 1_000_000,
  /** UTF-8 bytes of the whole file. */
  bytes: 128 * 1024 * 1024,
  /** UTF-16 units of one part of it. */
  partChars: 1_000_000,
} as const;

/** The columns of a list file, in the order in which an export writes them; only `value` is required in an import. */
export const listFileColumns = ['value', 'reason', 'expires_at', 'source', 'added_by', 'added_at'] as const;
