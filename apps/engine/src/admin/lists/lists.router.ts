import { momentSchema } from '@tributary/contracts/integers';
import {
  builtInLists,
  type ListConfig,
  listFileColumns,
  listIdSchema,
  listImportLimits,
  listSubjects,
} from '@tributary/contracts/list';
import { mayDo, type Role } from '@tributary/contracts/role';
import { cleanText } from '@tributary/contracts/text';
import * as z from 'zod';
import { procedure, router } from '../../access/trpc.ts';
import { AppError } from '../../platform/app-error.ts';
import { canonicalEntry } from '../../risk/lists/canonical-value.ts';
import { csvLine } from '../../risk/lists/csv.ts';
import { createFindListed, createFindListedAsOf } from '../../risk/lists/find-listed.ts';
import { trustMs } from '../../risk/lists/follow-lists.ts';
import { createImportsStore, type ListImport } from '../../risk/lists/imports.store.ts';
import type { ListedValues } from '../../risk/lists/list-index.ts';
import { createListsStore, type ListEntry } from '../../risk/lists/lists.store.ts';
import type { AdminDeps } from '../admin-deps.ts';
import { createSecondPerson, importIdSchema } from './second-person.ts';

/** Anything but what Postgres can't take as text. */
const storable = z.string().refine((text) => !text.includes('\0'), { error: 'contains a NUL character' });
const value = storable.min(1).max(200);
const values = z.array(value).min(1).max(1_000);
const reason = cleanText(200);
const importId = importIdSchema;
const pageSize = { entries: 100, history: 100, export: 5_000 };

/** Lists: what there is, who is on them, how they got there, and files in and out. Definitions are changed as configuration. */
export function createListsRouter({ pool, audit, config, clock, listFollower, log }: AdminDeps) {
  const store = createListsStore(pool);
  const imports = createImportsStore(pool);
  const findNow = createFindListed({ store, follower: { current: () => undefined } });
  const findThen = createFindListedAsOf(store);

  function listNamed(id: string): ListConfig {
    const list = config.current().lists.get(id);
    if (!list)
      throw new AppError('not_found', `there is no list ${id}`, { errors: [{ path: 'list', message: 'is unknown' }] });
    return list;
  }

  /**
   * What was written is in force on this node when the caller has the answer; on the others within a second. Where the
   * follower is busy for longer, e.g. with a large import, payments ask Postgres meanwhile, and nobody waits for it.
   */
  const follow = async (): Promise<void> => {
    const done = listFollower.refresh().catch((err) => {
      log.warn({ err }, 'lists could not be followed; the next try comes soon');
    });
    let timer: NodeJS.Timeout | undefined;
    const longEnough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, trustMs);
    });
    await Promise.race([done, longEnough]);
    clearTimeout(timer);
  };

  /** @throws AppError invalid_request, naming every value that can't be on the list */
  function canonicalValues(list: ListConfig, given: readonly string[]): string[] {
    const read = given.map((text) => canonicalEntry(list.subject, text));
    const errors = read.flatMap((one, index) => (one.ok ? [] : [{ path: `values.${index}`, message: one.message }]));
    if (errors.length > 0)
      throw new AppError('invalid_request', `${errors[0]?.path} ${errors[0]?.message}`, {
        errors: errors.slice(0, 50),
      });
    return [...new Set(read.flatMap((one) => (one.ok ? [one.value] : [])))];
  }

  return router({
    /** How many entries wait for the viewer's approval, counted by what they were asked for together. */
    toApprove: procedure('risk.read').query(async ({ ctx: { viewer, actor } }) => {
      if (!mayDo({ role: viewer.role as Role, approver: viewer.approver }, 'changes.approve')) return { toApprove: 0 };
      const { rows } = await pool.query(
        `SELECT count(*)::int FROM list_imports WHERE state = 'waiting' AND asked_by <> $1`,
        [actor.id],
      );
      return { toApprove: rows[0].count as number };
    }),
    all: procedure('risk.read').query(async () => {
      const counts = await store.counts();
      return [...config.current().lists.values()].map((list) => ({
        ...list,
        description: list.description ?? null,
        builtIn: builtInLists.some(({ id }) => id === list.id),
        entries: counts.get(list.id)?.entries ?? 0,
        expired: counts.get(list.id)?.expired ?? 0,
      }));
    }),

    entries: procedure('risk.read')
      .input(
        z.strictObject({
          list: listIdSchema,
          /** Only values that begin so, in alphabetical order; without it the newest come first. */
          prefix: storable.max(128).optional(),
          /** `nextCursor` of the page before. */
          cursor: storable.max(200).nullish(),
          limit: z.int().min(1).max(500).default(pageSize.entries),
          /** Endless lists of the tRPC client say which way they go. */
          direction: z.enum(['forward', 'backward']).optional(),
        }),
      )
      .query(async ({ input: { list: id, prefix, cursor, limit } }) => {
        listNamed(id);
        if (prefix) {
          const found = await store.page(id, cursor ?? '', prefix, limit + 1);
          const page = found.slice(0, limit);
          return {
            entries: page.map(shownEntry),
            nextCursor: found.length > limit ? (page.at(-1)?.value ?? null) : null,
          };
        }
        const found = await store.newest(id, cursor ? momentAndValue(cursor) : undefined, limit + 1);
        const page = found.slice(0, limit);
        const last = page.at(-1);
        return {
          entries: page.map(shownEntry),
          nextCursor: found.length > limit && last ? `${last.exactlyAt}|${last.value}` : null,
        };
      }),

    /** On a list that lets payments through they only wait then, for a second person (`waiting`). */
    add: procedure('risk.write')
      .input(
        z.strictObject({
          list: listIdSchema,
          values,
          reason,
          /** Epoch ms; null: until somebody takes it off. */
          expiresAt: z.int().min(0).max(7_258_118_400_000).nullable().default(null),
        }),
      )
      .mutation(async ({ ctx, input }) => {
        const list = listNamed(input.list);
        const expiresAt = input.expiresAt === null ? undefined : new Date(input.expiresAt);
        if (expiresAt && expiresAt <= clock.now())
          throw new AppError('invalid_request', 'expiresAt is in the past', {
            errors: [{ path: 'expiresAt', message: 'is in the past' }],
          });
        const entries = canonicalValues(list, input.values).map((text) => ({
          value: text,
          reason: input.reason,
          source: 'console',
          expiresAt,
        }));
        const asks = list.effect === 'allow';
        const done = await audit.audited(
          {
            actor: ctx.actor,
            action: asks ? 'lists.ask' : 'lists.add',
            objectType: 'list',
            objectId: list.id,
            reason: input.reason,
            after: { values: entries.map((entry) => entry.value), expiresAt: expiresAt ?? null },
          },
          async (client) => {
            if (!asks) return { ...(await store.put(client, list.id, entries, ctx.actor.id)), waiting: null };
            const by = { reason: input.reason, actor: ctx.actor.id };
            return { added: 0, changed: 0, waiting: await imports.propose(client, list, entries, by) };
          },
        );
        if (!asks) await follow();
        return { ...done, values: entries.map((entry) => entry.value) };
      }),

    remove: procedure('risk.write')
      .input(z.strictObject({ list: listIdSchema, values, reason }))
      .mutation(async ({ ctx, input }) => {
        const list = listNamed(input.list);
        const wanted = canonicalValues(list, input.values);
        const removed = await audit.audited(
          {
            actor: ctx.actor,
            action: 'lists.remove',
            objectType: 'list',
            objectId: list.id,
            reason: input.reason,
            before: { values: wanted },
          },
          async (client) => {
            const gone = await store.remove(client, list.id, wanted, { actor: ctx.actor.id, reason: input.reason });
            if (gone.length === 0) throw new AppError('not_found', 'none of these is on the list');
            return gone;
          },
        );
        await follow();
        return { removed };
      }),

    /** Which lists hold something, and under which entry: an address within a range, a card by its prefix. Now or at a moment. */
    find: procedure('risk.read')
      .input(z.strictObject({ subject: z.enum(listSubjects), value, at: momentSchema.optional() }))
      .query(async ({ input }) => {
        const lists = [...config.current().lists.values()].filter(({ subject }) => subject === input.subject);
        const text = input.value.trim();
        const wanted: ListedValues = input.subject === 'payer' ? { payer: [text] } : { [input.subject]: text };
        const hits =
          input.at === undefined
            ? await findNow(lists, wanted, clock.now())
            : await findThen(lists, wanted, new Date(input.at));
        return hits.map((hit) => ({ ...hit, expiresAt: hit.expiresAt ? Date.parse(hit.expiresAt) : null }));
      }),

    history: procedure('risk.read')
      .input(
        z.strictObject({
          list: listIdSchema,
          value,
          cursor: z
            .string()
            .regex(/^\d{1,19}$/)
            .nullish(),
          direction: z.enum(['forward', 'backward']).optional(),
        }),
      )
      .query(async ({ input }) => {
        const list = listNamed(input.list);
        const [canonical = input.value] = canonicalValues(list, [input.value]);
        const found = await store.history(list.id, canonical, input.cursor ?? undefined, pageSize.history + 1);
        const page = found.slice(0, pageSize.history);
        return {
          changes: page.map((change) => ({
            ...change,
            at: change.at.getTime(),
            expiresAt: change.expiresAt?.getTime() ?? null,
          })),
          nextCursor: found.length > page.length ? (page.at(-1)?.seq ?? null) : null,
        };
      }),

    /** Opens an import; its file follows in parts of at most a million characters. */
    importStart: procedure('risk.write')
      .input(z.strictObject({ list: listIdSchema, fileName: cleanText(200), reason }))
      .mutation(async ({ ctx, input }) => {
        const list = listNamed(input.list);
        return { importId: await imports.begin(list, input.fileName, input.reason, ctx.actor.id) };
      }),

    // A part may end between the halves of a character.
    importPart: procedure('risk.write', { anyInput: true })
      .input(
        z.strictObject({
          importId,
          /** From 0. A part that is sent again is answered again. */
          part: z.int().min(0).max(10_000),
          text: z.string().max(listImportLimits.partChars),
          last: z.boolean(),
        }),
      )
      .mutation(async ({ input: { importId: id, part, text, last } }) =>
        shownImport(await imports.append(id, part, text, last)),
      ),

    /** A whole small file at once, looked at: the same as start, one part and preview. */
    importFile: procedure('risk.write')
      .input(
        z.strictObject({
          list: listIdSchema,
          fileName: cleanText(200),
          reason,
          text: z.string().max(listImportLimits.partChars),
        }),
      )
      .mutation(async ({ ctx, input }) => {
        const id = await imports.begin(listNamed(input.list), input.fileName, input.reason, ctx.actor.id);
        await imports.append(id, 0, input.text, true);
        return shownPreview(await imports.preview(id));
      }),

    /** What confirming would do, and every line that can't be taken (the first 200). Nothing is imported yet. */
    importPreview: procedure('risk.write')
      .input(z.strictObject({ importId }))
      .query(async ({ input }) => shownPreview(await imports.preview(input.importId))),

    /**
     * Imports the file as a whole or not at all; into a list that lets payments through only with a second person
     * (`waiting`). With bad lines only when it is said that they are left out.
     */
    importConfirm: procedure('risk.write')
      .input(z.strictObject({ importId, withoutBadLines: z.boolean().default(false) }))
      .mutation(async ({ ctx, input }) => {
        const known = await imports.preview(input.importId);
        const asks = listNamed(known.import.list).effect === 'allow';
        const by = { withoutBadLines: input.withoutBadLines, actor: ctx.actor.id };
        const done = await audit.audited(
          {
            actor: ctx.actor,
            action: asks ? 'lists.import.ask' : 'lists.import',
            objectType: 'list',
            objectId: known.import.list,
            after: {
              importId: input.importId,
              fileName: known.import.fileName,
              added: known.added,
              changed: known.changed,
              leftOut: known.import.badLines,
            },
          },
          async (client) =>
            asks
              ? { added: 0, changed: 0, import: await imports.ask(client, input.importId, by) }
              : imports.confirm(client, input.importId, by),
        );
        // Not awaited: a file of a million lines takes some seconds, and the answer has taken long enough.
        if (!asks) void follow();
        return { added: done.added, changed: done.changed, waiting: asks, import: shownImport(done.import) };
      }),

    importDiscard: procedure('risk.write')
      .input(z.strictObject({ importId }))
      .mutation(async ({ ctx, input }) =>
        audit.audited(
          { actor: ctx.actor, action: 'lists.import.discard', objectType: 'list_import', objectId: input.importId },
          async (client) => shownImport(await imports.discard(client, input.importId, ctx.actor.id)),
        ),
      ),

    ...createSecondPerson({ audit, imports, follow }),

    /** A page of the list as CSV, safe to open in a spreadsheet; the first page begins with the column names. */
    exportPage: procedure('risk.read')
      .input(z.strictObject({ list: listIdSchema, after: storable.max(128).nullish() }))
      .query(async ({ ctx, input }) => {
        const list = listNamed(input.list);
        const isFirst = input.after === undefined || input.after === null;
        if (isFirst)
          await audit.append({
            actor: ctx.actor,
            action: 'lists.export',
            objectType: 'list',
            objectId: list.id,
            result: 'ok',
          });
        const entries = await store.page(list.id, input.after ?? '', '', pageSize.export);
        const lines = entries.map((entry) =>
          csvLine([
            entry.value,
            entry.reason,
            entry.expiresAt?.toISOString() ?? '',
            entry.source,
            entry.addedBy,
            entry.addedAt.toISOString(),
          ]),
        );
        return {
          csv: `${isFirst ? csvLine(listFileColumns) : ''}${lines.join('')}`,
          rows: entries.length,
          next: entries.length === pageSize.export ? (entries.at(-1)?.value ?? null) : null,
        };
      }),
  });
}

/** @throws AppError invalid_request */
function momentAndValue(cursor: string): { at: string; value: string } {
  const [, at, value] = /^(\d{4,}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?\+00)\|(.*)$/su.exec(cursor) ?? [];
  if (at === undefined || value === undefined || Number.isNaN(Date.parse(at.replace(' ', 'T').replace('+00', 'Z'))))
    throw new AppError('invalid_request', 'cursor is not one of ours', {
      errors: [{ path: 'cursor', message: 'is not one of ours' }],
    });
  return { at, value };
}

const shownEntry = ({ value, reason, source, addedBy, approvedBy, addedAt, expiresAt }: ListEntry) => ({
  value,
  reason,
  source,
  addedBy,
  approvedBy: approvedBy ?? null,
  addedAt: addedAt.getTime(),
  expiresAt: expiresAt?.getTime() ?? null,
});

const shownImport = ({ result, ...rest }: ListImport) => ({ ...rest, result: result ?? null });

const shownPreview = ({
  import: own,
  ...counts
}: {
  import: ListImport;
  added: number;
  changed: number;
  unchanged: number;
}) => ({
  ...counts,
  import: shownImport(own),
});
