import { type CompiledRuleSet, compile } from '@tributary/rules/compile';
import type { FactDefinition, FactValues } from '@tributary/rules/define-fact';
import { type EventOf, type EventTypes, parse } from '@tributary/rules/parse';
import type { RuleIssue } from '@tributary/rules/rule-issue';
import type { ConfigSnapshot, ConfigSource, RuleSetConfig } from './snapshot.ts';

type Log = { error(fields: object, message: string): void; info(fields: object, message: string): void };

/** What a kind of rules may speak of: its facts and the events its rules may raise. */
export type RuleLanguage<F extends readonly FactDefinition[], T extends EventTypes> = { facts: F; eventTypes: T };

/** A rule document that does not fit its language. */
export class InvalidRules extends Error {
  readonly issues: readonly RuleIssue[];
  constructor(issues: readonly RuleIssue[]) {
    super(`the rule set is not valid: ${issues[0]?.path ?? ''} ${issues[0]?.message ?? ''}`);
    this.issues = issues;
  }
}

/** @throws InvalidRules */
export async function compileDocument<const F extends readonly FactDefinition[], T extends EventTypes>(
  document: unknown,
  { facts, eventTypes }: RuleLanguage<F, T>,
): Promise<CompiledRuleSet<FactValues<F>, EventOf<T>>> {
  const parsed = parse(document, { facts, eventTypes });
  if (!parsed.ok) throw new InvalidRules(parsed.issues);
  return compile(parsed.value, { facts });
}

/** Compiled rules with the version of the document that they really are. */
export type VersionedRules<F extends readonly FactDefinition[], T extends EventTypes> = {
  version: number;
  set: CompiledRuleSet<FactValues<F>, EventOf<T>>;
};

/**
 * Keeps the published rules of one kind compiled. A new version is compiled before payments see the snapshot that
 * brings it; one that does not compile is refused loudly and the last good one stays. A payment in flight keeps the
 * rules of its own snapshot.
 */
export function createCompiledRules<const F extends readonly FactDefinition[], T extends EventTypes>({
  kind,
  language,
  config,
  log,
}: {
  kind: 'risk' | 'routing';
  language: RuleLanguage<F, T>;
  config: ConfigSource;
  log: Log;
}) {
  const bySnapshot = new WeakMap<ConfigSnapshot, VersionedRules<F, T>>();
  let last: VersionedRules<F, T> | undefined;

  async function prepare(snapshot: ConfigSnapshot): Promise<void> {
    const wanted: RuleSetConfig = snapshot.rules[kind];
    if (last?.version !== wanted.version) {
      try {
        last = { version: wanted.version, set: await compileDocument(wanted.document, language) };
        log.info({ kind, version: wanted.version }, 'rules loaded');
      } catch (err) {
        log.error(
          { err, kind, version: wanted.version, kept: last?.version },
          'published rules do not compile; the last good ones stay',
        );
        last ??= { version: 0, set: await compileDocument({ rules: [] }, language) };
      }
    }
    bySnapshot.set(snapshot, last);
  }

  const stop = config.onChange(prepare);

  return {
    of(snapshot: ConfigSnapshot): VersionedRules<F, T> {
      const rules = bySnapshot.get(snapshot) ?? last;
      if (!rules) throw new Error(`the ${kind} rules have not been compiled yet`);
      return rules;
    },
    /** The version that is really running, which is not the published one when that did not compile. */
    runningVersion: () => last?.version ?? 0,
    stop,
  };
}
