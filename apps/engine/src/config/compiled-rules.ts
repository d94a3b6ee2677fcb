import { type CompiledRuleSet, compile } from '@tributary/rules/compile';
import type { FactDefinition, FactValues } from '@tributary/rules/define-fact';
import { type EventOf, type EventTypes, parseInSlices } from '@tributary/rules/parse';
import type { RuleIssue } from '@tributary/rules/rule-issue';
import { AppError } from '../platform/app-error.ts';
import type { ConfigProblem, ConfigSnapshot, ConfigSource, RuleSetConfig } from './snapshot.ts';

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
  const parsed = await parseInSlices(document, { facts, eventTypes });
  if (!parsed.ok) throw new InvalidRules(parsed.issues);
  return compile(parsed.value, { facts });
}

/** Compiled rules with the version of the document that they really are. */
export type VersionedRules<F extends readonly FactDefinition[], T extends EventTypes> = {
  version: number;
  set: CompiledRuleSet<FactValues<F>, EventOf<T>>;
};

/** How many compiled versions are kept: the running one, the canary's, and what payments in flight still hold. */
const keptVersions = 4;

/**
 * Keeps the published rules of one kind compiled, for every arm of the configuration. A new version is compiled before
 * payments see the snapshot that brings it; one that does not compile is refused loudly and the last good one stays. At
 * start, where there is no last one, `older` is asked for what was in force before, and if nothing of that is good the
 * start fails: there is never an empty set in the place of rules. A payment in flight keeps the rules of its snapshot.
 */
export function createCompiledRules<const F extends readonly FactDefinition[], T extends EventTypes>({
  kind,
  language,
  config,
  older,
  log,
}: {
  kind: 'risk' | 'routing';
  language: RuleLanguage<F, T>;
  config: Pick<ConfigSource, 'onChange'>;
  /** Versions that were in force before the given one, newest first; empty when the node must not start with an old one. */
  older: (kind: 'risk' | 'routing', before: number) => Promise<RuleSetConfig[]>;
  log: Log;
}) {
  type Rules = VersionedRules<F, T>;
  const bySnapshot = new WeakMap<ConfigSnapshot, Rules>();
  const compiled = new Map<number, Rules>();
  let last: Rules | undefined;
  let problem: ConfigProblem | undefined;

  async function compileOnce({ version, document }: RuleSetConfig): Promise<Rules> {
    const known = compiled.get(version);
    if (known) return known;
    const rules = { version, set: await compileDocument(document, language) };
    compiled.set(version, rules);
    for (const old of [...compiled.keys()].slice(0, -keptVersions)) if (old !== last?.version) compiled.delete(old);
    log.info({ kind, version }, 'rules compiled');
    return rules;
  }

  async function lastGood(wanted: RuleSetConfig, error: unknown): Promise<Rules> {
    if (last) return last;
    for (const candidate of await older(kind, wanted.version)) {
      try {
        return await compileOnce(candidate);
      } catch {
        // The next older one, then.
      }
    }
    throw error;
  }

  async function prepare(snapshot: ConfigSnapshot): Promise<void> {
    const wanted = snapshot.rules[kind];
    // Nothing was ever published: the node runs, so that people can publish, and takes no payments.
    if (wanted.version === 0) return;
    try {
      const rules = await compileOnce(wanted);
      if (snapshot.arm === 'all') [last, problem] = [rules, undefined];
      bySnapshot.set(snapshot, rules);
    } catch (err) {
      const kept = await lastGood(wanted, err);
      if (snapshot.arm === 'all') last = kept;
      bySnapshot.set(snapshot, kept);
      const message = err instanceof Error ? err.message : String(err);
      problem = { ref: `${kind}/main`, version: wanted.version, message, running: kept.version };
      log.error({ err, ...problem }, 'published rules do not compile; the last good ones stay');
    }
  }

  const stop = config.onChange(prepare);

  return {
    /** @throws AppError not_configured when no rules of this kind were ever published */
    of(snapshot: ConfigSnapshot): Rules {
      const rules = bySnapshot.get(snapshot) ?? last;
      if (!rules) throw new AppError('not_configured', `no ${kind} rules have been published`);
      return rules;
    },
    /** The version that is really running, which is not the published one when that did not compile. */
    runningVersion: () => last?.version ?? 0,
    problem: () => problem,
    stop,
  };
}
