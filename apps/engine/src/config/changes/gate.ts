import type { ConfigKind } from '@tributary/contracts/config-kind';
import { AppError } from '../../platform/app-error.ts';
import { documentsOf, type ReadDocument, readDocument } from '../documents.ts';
import type { ConfigKinds, Finding } from '../kinds.ts';
import type { ConfigSnapshot } from '../snapshot.ts';
import type { ChangeItem } from './change.store.ts';

/** What the gate says of one document of a change. */
export type ItemCheck = {
  kind: ConfigKind;
  objectId: string;
  errors: Finding[];
  findings: Finding[];
  tests: { passed: number; failed: number; failures: { name: string; problems: string[] }[] } | undefined;
  /** Replayed by another rule engine: how many samples, how many answers differed. */
  oracle: { samples: number; differences: number } | undefined;
};

export type GateDeps = {
  kinds: ConfigKinds;
  /** Runs the test cases that are kept with a rule set. */
  runTests: (
    kind: 'risk' | 'routing',
    document: unknown,
  ) => Promise<{ passed: number; failed: number; failures: { name: string; problems: string[] }[] }>;
  /** Replays a sample through the rule engine whose semantics ours are; undefined when there is nothing to compare. */
  verifyByOracle: (kind: 'risk' | 'routing', document: unknown) => Promise<{ samples: number; differences: number }>;
};

/**
 * What stands between a change and production: every document parses and fits what it speaks of, its test cases pass, and
 * another engine decides alike. The same gate at submission and again at publishing, since the world goes on.
 */
export function createGate({ kinds, runTests, verifyByOracle }: GateDeps) {
  async function inspect(items: readonly ChangeItem[], live: ConfigSnapshot): Promise<ItemCheck[]> {
    const checks = await look(items, live);
    for (const [index, check] of checks.entries()) {
      const { kind, document = null } = items[index] ?? {};
      if ((kind !== 'risk' && kind !== 'routing') || document === null || check.errors.length > 0) continue;
      check.tests = await runTests(kind, document);
      check.oracle = await verifyByOracle(kind, document);
    }
    return checks;
  }

  /** The documents by themselves and beside each other: neither test cases nor the other engine. */
  async function look(items: readonly ChangeItem[], live: ConfigSnapshot): Promise<ItemCheck[]> {
    const around = withItems(live, items);
    const checks: ItemCheck[] = [];
    for (const { kind, objectId, document } of items) {
      const found =
        document === null
          ? kinds.checkRemoval(kind, objectId, around)
          : await kinds.check(kind, objectId, document, around);
      checks.push({ kind, objectId, ...found, tests: undefined, oracle: undefined });
    }
    return checks;
  }

  /**
   * Documents that can never be published are not even kept as drafts. To be asked before anything recurses into them.
   * @throws AppError invalid_rule_set with every reason
   */
  async function refuseBeyondCaps(items: readonly Pick<ChangeItem, 'kind' | 'objectId' | 'document'>[]): Promise<void> {
    const errors: { path: string; message: string }[] = [];
    for (const { kind, objectId, document } of items) {
      if (document === null) continue;
      for (const { path, message } of await kinds.beyondCaps(kind, document))
        errors.push({ path: `${kind}/${objectId}${path}`, message });
    }
    if (errors.length === 0) return;
    throw new AppError('invalid_rule_set', `the draft can not be kept: ${errors[0]?.path} ${errors[0]?.message}`, {
      errors: errors.slice(0, 50),
    });
  }

  /** @throws AppError invalid_rule_set with every reason why these documents can't be published */
  function refuse(checks: readonly ItemCheck[], { evenIfTestsFail = false } = {}): void {
    const errors = checks.flatMap(({ kind, objectId, errors: wrong, tests, oracle }) => {
      const at = `${kind}/${objectId}`;
      return [
        ...wrong.map(({ path, message }) => ({ path: `${at}${path.startsWith('/') ? '' : '/'}${path}`, message })),
        ...(evenIfTestsFail ? [] : (tests?.failures ?? [])).map(({ name, problems }) => ({
          path: at,
          message: `test case "${name}" fails: ${problems.join('; ').slice(0, 300)}`,
        })),
        ...(oracle && oracle.differences > 0
          ? [
              {
                path: at,
                message: `${oracle.differences} of ${oracle.samples} samples are decided otherwise by json-rules-engine`,
              },
            ]
          : []),
      ];
    });
    if (errors.length === 0) return;
    throw new AppError(
      'invalid_rule_set',
      `the change can not be published: ${errors[0]?.path} ${errors[0]?.message}`,
      {
        errors: errors.slice(0, 50),
      },
    );
  }

  return { inspect, look, refuse, refuseBeyondCaps };
}

export type Gate = ReturnType<typeof createGate>;

/** The configuration as it would be with a change in it; documents that do not fit are left out. */
function withItems(live: ConfigSnapshot, items: readonly ChangeItem[]): ConfigSnapshot {
  const good = new Map<string, ReadDocument>();
  const removed = new Set<string>();
  for (const { kind, objectId, document, contentHash } of items) {
    const ref = `${kind}/${objectId}`;
    if (document === null) {
      removed.add(ref);
      continue;
    }
    const read = readDocument({ kind, objectId, version: 0, document, contentHash });
    if (!('misfits' in read)) good.set(ref, read);
  }
  const services = new Map([...live.services].filter(([id]) => !removed.has(`service/${id}`)));
  for (const { value } of documentsOf(good, 'service')) services.set(value.id, value);
  const channels = new Map([...live.channels].filter(([id]) => !removed.has(`channel/${id}`)));
  for (const { value } of documentsOf(good, 'channel')) {
    const known = live.channels.get(value.id);
    channels.set(value.id, { ...value, enabled: known?.enabled ?? true, disabledUntil: known?.disabledUntil });
  }
  const lists = new Map([...live.lists].filter(([id]) => !removed.has(`list/${id}`)));
  for (const { value } of documentsOf(good, 'list')) lists.set(value.id, value);
  const rules = { ...live.rules };
  for (const kind of ['risk', 'routing'] as const)
    for (const { value } of documentsOf(good, kind)) rules[kind] = { kind, version: 0, document: value };
  return { ...live, services, channels, lists, rules };
}
