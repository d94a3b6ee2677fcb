import type { ConfigSnapshot } from '../snapshot.ts';

/** Something that a rule names, and where. */
export type RuleReference = {
  path: string;
  kind: 'list' | 'merchant' | 'service' | 'channel' | 'account';
  id: string;
};

const kindOfFact: Readonly<Record<string, RuleReference['kind']>> = {
  merchantId: 'merchant',
  serviceId: 'service',
  channelId: 'channel',
  accountId: 'account',
};

/** Every list, merchant, service, channel and account that the enabled rules of a document name. It has been parsed. */
export function referencesOf(document: unknown): RuleReference[] {
  const found: RuleReference[] = [];
  const note = (path: string, kind: RuleReference['kind'] | undefined, value: unknown) => {
    if (kind === undefined) return;
    for (const id of Array.isArray(value) ? value : [value]) if (typeof id === 'string') found.push({ path, kind, id });
  };
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value)) {
      for (const [index, one] of value.entries()) walk(one, `${path}/${index}`);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    const { fact, value: wanted } = value as { fact?: unknown; value?: unknown };
    if (typeof fact === 'string') note(`${path}/value`, fact.endsWith('Lists') ? 'list' : kindOfFact[fact], wanted);
    else for (const [key, one] of Object.entries(value)) walk(one, `${path}/${key}`);
  };
  const { rules = [], conditions } = document as { rules?: unknown[]; conditions?: unknown };
  for (const [index, rule] of rules.entries()) {
    const { enabled, conditions: own, event } = rule as { enabled?: boolean; conditions?: unknown; event?: unknown };
    if (enabled === false) continue;
    walk(own, `/rules/${index}/conditions`);
    const { params = {} } = (event ?? {}) as { params?: Record<string, unknown> };
    for (const key of ['accountId', 'channelId'] as const)
      note(`/rules/${index}/event/params/${key}`, kindOfFact[key], params[key]);
  }
  walk(conditions, '/conditions');
  return found;
}

/** Those that nothing in the configuration answers to. */
export function unknownReferences(document: unknown, around: ConfigSnapshot): RuleReference[] {
  const known = {
    list: around.lists,
    merchant: around.merchants,
    service: around.services,
    channel: around.channels,
    account: around.accounts,
  };
  return referencesOf(document).filter(({ kind, id }) => !known[kind].has(id));
}
