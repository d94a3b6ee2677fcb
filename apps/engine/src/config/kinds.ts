import { type ConfigKind, mainDocument } from '@tributary/contracts/config-kind';
import { builtInLists } from '@tributary/contracts/list';
import { checkCaps, isBeyondCaps } from '@tributary/rules/caps';
import type { FactDefinition } from '@tributary/rules/define-fact';
import { diffInSlices } from '@tributary/rules/diff-in-slices';
import { glossaryOf } from '@tributary/rules/glossary';
import { lintInSlices } from '@tributary/rules/lint';
import { type EventTypes, parseInSlices } from '@tributary/rules/parse';
import { referencesOf, unknownReferences } from './changes/rule-references.ts';
import { type Misfit, readDocument } from './documents.ts';
import type { ConfigSnapshot } from './snapshot.ts';
import { eventInWords } from './words/event-words.ts';
import { fieldChangesInWords, kindInWords, type Words } from './words/field-words.ts';

/** What a check has to say of a document. `path` leads into it. */
export type Finding = { path: string; message: string; code: string };

/** `errors` forbid publishing; `findings` must be acknowledged. */
export type DocumentCheck = { errors: Finding[]; findings: Finding[] };

type Language = { facts: readonly FactDefinition[]; eventTypes: EventTypes };

export type KindDeps = {
  languages: Record<'risk' | 'routing', Language>;
  adapters: ReadonlyMap<
    string,
    { products: { has(product: string): boolean }; codes?: { find(code: string): { outcomes: object } | undefined } }
  >;
};

/** What is known of each kind of document beyond its shape: how to check it and how to tell what changed. */
export function createConfigKinds({ languages, adapters }: KindDeps) {
  /** @param around the configuration with the whole change in it, for what documents say of each other */
  async function check(
    kind: ConfigKind,
    objectId: string,
    document: unknown,
    around: ConfigSnapshot,
  ): Promise<DocumentCheck> {
    if (kind === 'risk' || kind === 'routing') {
      if (objectId === mainDocument) return checkRules(kind, languages[kind], document, around);
      return {
        errors: [{ path: '', message: `rules are kept under ${mainDocument}`, code: 'unknown_id' }],
        findings: [],
      };
    }
    const read = readDocument({ kind, objectId, version: 0, document, contentHash: '' });
    if ('misfits' in read) {
      return { errors: read.misfits.map((misfit) => ({ ...misfit, code: 'does_not_fit' })), findings: [] };
    }
    switch (read.kind) {
      case 'service': {
        const { product, channelIds, minAmount, maxAmount, enabled } = read.value;
        const errors = channelIds.flatMap((id, index) =>
          around.channels.has(id)
            ? []
            : [{ path: `channelIds.${index}`, message: `there is no channel ${id}`, code: 'unknown_channel' }],
        );
        if (minAmount > maxAmount)
          errors.push({ path: 'maxAmount', message: 'is below minAmount', code: 'empty_range' });
        const speaks = channelIds.some((id) =>
          adapters.get(around.channels.get(id)?.adapter ?? '')?.products.has(product),
        );
        const findings =
          errors.length === 0 && enabled && !speaks
            ? [{ path: 'product', message: `none of its channels speaks ${product}`, code: 'unserved' }]
            : [];
        return { errors, findings };
      }
      case 'channel':
        return adapters.has(read.value.adapter)
          ? { errors: [], findings: [] }
          : {
              errors: [
                { path: 'adapter', message: `there is no adapter ${read.value.adapter}`, code: 'unknown_adapter' },
              ],
              findings: [],
            };
      case 'response_codes': {
        const channel = around.channels.get(objectId);
        if (!channel)
          return {
            errors: [{ path: 'id', message: `there is no channel ${objectId}`, code: 'unknown_channel' }],
            findings: [],
          };
        const codes = adapters.get(channel.adapter)?.codes;
        // Whoever says that nothing was charged, where the channel's own documents do not, must mean it.
        const findings = read.value.overrides.flatMap(({ code, outcome }, index) => {
          const known = codes?.find(code);
          return outcome.kind === 'declined' && known && !Object.values(known.outcomes).includes('declined')
            ? [
                {
                  path: `overrides.${index}.outcome`,
                  message: `the channel's table never reads ${code} as a refusal: the payer may have been charged`,
                  code: 'declines_unclear',
                },
              ]
            : [];
        });
        return { errors: [], findings };
      }
      case 'limit': {
        const { merchantIds = [], serviceIds = [], channelIds = [], accountIds = [] } = read.value.match;
        const unknown = [
          ...merchantIds.filter((id) => !around.merchants.has(id)).map((id) => `merchant ${id}`),
          ...serviceIds.filter((id) => !around.services.has(id)).map((id) => `service ${id}`),
          ...channelIds.filter((id) => !around.channels.has(id)).map((id) => `channel ${id}`),
          ...accountIds.filter((id) => !around.accounts.has(id)).map((id) => `account ${id}`),
        ];
        const findings = unknown.map((name) => ({
          path: 'match',
          message: `there is no ${name}`,
          code: 'unknown_match',
        }));
        return { errors: [], findings };
      }
      case 'list': {
        // Its entries were written for the subject that it has.
        const builtIn = builtInLists.find(({ id }) => id === objectId);
        return builtIn && builtIn.subject !== read.value.subject
          ? {
              errors: [{ path: 'subject', message: `this list holds ${builtIn.subject}s`, code: 'fixed_subject' }],
              findings: [],
            }
          : { errors: [], findings: [] };
      }
      default:
        return { errors: [], findings: [] };
    }
  }

  /** What a removal would leave without its footing. */
  function checkRemoval(kind: ConfigKind, objectId: string, around: ConfigSnapshot): DocumentCheck {
    if (kind === 'risk' || kind === 'routing') {
      return {
        errors: [{ path: '', message: 'a rule set can not be taken out, only changed', code: 'needed' }],
        findings: [],
      };
    }
    if (kind === 'list') {
      const namedBy = (['risk', 'routing'] as const).filter((rules) =>
        referencesOf(around.rules[rules].document ?? {}).some((one) => one.kind === 'list' && one.id === objectId),
      );
      const builtIn = builtInLists.some(({ id }) => id === objectId);
      return {
        errors: builtIn
          ? []
          : namedBy.map((rules) => ({ path: '', message: `${rules} rules name it`, code: 'in_use' })),
        findings: [],
      };
    }
    if (kind !== 'channel') return { errors: [], findings: [] };
    const users = [...around.services.values()].filter(({ channelIds }) => channelIds.includes(objectId));
    const accounts = [...around.accounts.values()].filter(({ channelId }) => channelId === objectId);
    return {
      errors: [
        ...users.map(({ id }) => ({ path: '', message: `service ${id} uses it`, code: 'in_use' })),
        ...(accounts.length > 0 ? [{ path: '', message: `it has ${accounts.length} accounts`, code: 'in_use' }] : []),
      ],
      findings: [],
    };
  }

  /**
   * What is wrong with a document for good: more than a draft may weigh, or no plain data. Mistakes that can be mended,
   * e.g. half a rule or a fact that there is not, are the gate's business.
   */
  async function beyondCaps(kind: ConfigKind, document: unknown): Promise<Misfit[]> {
    const issues =
      kind === 'risk' || kind === 'routing' ? await issuesOf(document, languages[kind]) : await checkCaps(document);
    return issues.filter(isBeyondCaps).map(({ path, message }) => ({ path, message }));
  }

  /** What changed between two contents of a document, in words. Null: it was, or will be, not there. */
  async function wordsOf(kind: ConfigKind, objectId: string, before: unknown, after: unknown): Promise<Words[]> {
    if (before === null && after === null) return [];
    const what = kindInWords(kind);
    if (before === null) return [{ en: `${what.en} ${objectId} is new`, zh: `新增${what.zh} ${objectId}` }];
    if (after === null) return [{ en: `${what.en} ${objectId} is taken out`, zh: `移除${what.zh} ${objectId}` }];
    if (kind === 'risk' || kind === 'routing') {
      const [old, fresh] = [await parseInSlices(before, languages[kind]), await parseInSlices(after, languages[kind])];
      if (old.ok && fresh.ok) {
        const wording = { glossary: glossaryOf(languages[kind].facts), sayEvent: eventInWords };
        return (await diffInSlices(old.value, fresh.value, wording)).map(({ words }) => ({ ...words }));
      }
    }
    return fieldChangesInWords(before, after);
  }

  return { check, checkRemoval, beyondCaps, wordsOf };
}

export type ConfigKinds = ReturnType<typeof createConfigKinds>;

async function issuesOf(document: unknown, language: Language) {
  const parsed = await parseInSlices(document, language);
  return parsed.ok ? [] : parsed.issues;
}

async function checkRules(
  kind: 'risk' | 'routing',
  language: Language,
  document: unknown,
  around: ConfigSnapshot,
): Promise<DocumentCheck> {
  const parsed = await parseInSlices(document, language);
  const plain = ({ path, message, code }: Finding): Finding => ({ path, message, code });
  if (!parsed.ok) return { errors: parsed.issues.map(plain), findings: [] };
  // Nothing that forbids anything is never what somebody meant; routing without rules is routing by priority.
  const { rules } = document as { rules: { enabled?: boolean }[] };
  if (kind === 'risk' && !rules.some(({ enabled }) => enabled !== false))
    return {
      errors: [{ path: '/rules', message: 'no rule is left that is switched on', code: 'no_rules' }],
      findings: [],
    };
  const unknown = unknownReferences(document, around).map(({ path, kind: what, id }) => ({
    path,
    message: `there is no ${what} ${id}`,
    code: 'unknown_reference',
  }));
  const found = await lintInSlices(parsed.value, language.facts);
  return { errors: [], findings: [...found.map(plain), ...unknown] };
}
