import type { TestCase, TestCaseResult } from '@tributary/contracts/test-case';
import type { FactDefinition } from '@tributary/rules/define-fact';
import type { PaymentContext } from '../../../payments/ports.ts';
import { type RiskRules, riskLanguage } from '../../../risk/check-risk.ts';
import { decideOutcome } from '../../../risk/decide-outcome.ts';
import type { AppliedLimits } from '../../../risk/limits/apply-limits.ts';
import { type RoutingRules, routingLanguage } from '../../../routing/plan-route.ts';
import { rank } from '../../../routing/rank.ts';
import { compileDocument } from '../../compiled-rules.ts';

type Problem = TestCaseResult['problems'][number];
type Facts = Record<string, unknown>;
/** What rules made of one case. */
type Made = Pick<TestCaseResult, 'outcome' | 'code' | 'fired' | 'route'> & { hasRoutes: boolean };
type Judge = { requiredFacts: ReadonlySet<string>; facts: readonly FactDefinition[]; make: (test: TestCase) => Made };

/**
 * Runs test cases on a document. Pure: limits say nothing here, and a case whose facts do not fit or do not suffice fails
 * instead of being judged by what is left.
 * @throws InvalidRules
 */
export async function runCases(
  kind: 'risk' | 'routing',
  document: unknown,
  cases: readonly TestCase[],
): Promise<TestCaseResult[]> {
  const judge = kind === 'risk' ? await riskJudge(document) : await routingJudge(document);
  return cases.map((test) => runCase(test, judge));
}

/** What no case may say of facts, whatever the rules are: a name that no fact has, a value of another type. */
export const misfitsOfFacts = (kind: 'risk' | 'routing', facts: Facts): Problem[] =>
  problemsOfFacts(facts, (kind === 'risk' ? riskLanguage : routingLanguage).facts, new Set());

/** Recorded facts tell by null that there was nothing, e.g. no device; rules know that as a fact that is missing. */
const withoutNulls = (facts: Facts): Facts =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null));

async function riskJudge(document: unknown): Promise<Judge> {
  const set = await compileDocument(document, riskLanguage);
  const make = ({ facts }: TestCase): Made => {
    const fired = set.matches(facts as Parameters<RiskRules['set']['matches']>[0]);
    const { outcome, failure } = decideOutcome(anyContext, fired, noLimits);
    return { outcome, code: failure?.code, fired: fired.map(({ id }) => id), route: undefined, hasRoutes: false };
  };
  return { requiredFacts: set.requiredFacts, facts: riskLanguage.facts, make };
}

async function routingJudge(document: unknown): Promise<Judge> {
  const set = await compileDocument(document, routingLanguage);
  const make = ({ name, facts, candidates }: TestCase): Made => {
    const fired = set.matches(facts as Parameters<RoutingRules['set']['matches']>[0]);
    const { order } = rank(
      (candidates ?? []).map((one) => ({ ...one, dropped: one.dropped })),
      fired,
      name,
    );
    const first = order[0];
    return {
      outcome: undefined,
      code: undefined,
      fired: fired.map(({ id }) => id),
      route: first && { channelId: first.channelId, accountId: first.accountId },
      hasRoutes: candidates !== undefined,
    };
  };
  return { requiredFacts: set.requiredFacts, facts: routingLanguage.facts, make };
}

/** Of a placement, outcomes look at no more than this. */
const anyContext = { merchant: { active: true }, service: {}, request: {} } as unknown as PaymentContext;
const noLimits: AppliedLimits = {
  refusedBy: undefined,
  shadow: [],
  holds: [],
  limitsOfRoute: () => ({ holds: [], shadow: [] }),
};

function runCase(test: TestCase, { requiredFacts, facts: known, make }: Judge): TestCaseResult {
  const { id, name, facts, expect } = test;
  const unfit = problemsOfFacts(facts, known, requiredFacts);
  const nothing = { outcome: undefined, code: undefined, fired: [], route: undefined };
  if (unfit.length > 0) return { id, name, ok: false, problems: unfit, ...nothing };
  const { hasRoutes, ...made } = make({ ...test, facts: withoutNulls(facts) });
  const problems: Problem[] = [];
  const differs = (path: string, expected: string, actual: string) => problems.push({ path, expected, actual });
  if (expect.outcome !== undefined && expect.outcome !== made.outcome)
    differs('expect.outcome', expect.outcome, made.outcome ?? 'none');
  if (expect.code !== undefined && expect.code !== made.code) differs('expect.code', expect.code, made.code ?? 'none');
  for (const [i, rule] of (expect.fires ?? []).entries())
    if (!made.fired.includes(rule)) differs(`expect.fires.${i}`, `${rule} fires`, 'it does not');
  for (const [i, rule] of (expect.notFires ?? []).entries())
    if (made.fired.includes(rule)) differs(`expect.notFires.${i}`, `${rule} does not fire`, 'it does');
  if (expect.route !== undefined) checkRoute(expect.route, made.route, hasRoutes, differs);
  return { id, name, ok: problems.length === 0, problems, ...made };
}

function checkRoute(
  expected: NonNullable<TestCase['expect']['route']>,
  actual: TestCaseResult['route'],
  hasRoutes: boolean,
  differs: (path: string, expected: string, actual: string) => void,
): void {
  const shown = actual ? `${actual.channelId} / ${actual.accountId}` : 'none';
  if (!hasRoutes) {
    differs('candidates', 'accounts to choose among', 'none are given');
    return;
  }
  if (expected === 'none') {
    if (actual) differs('expect.route', 'none', shown);
    return;
  }
  if (expected.channelId !== undefined && expected.channelId !== actual?.channelId)
    differs('expect.route.channelId', expected.channelId, shown);
  if (expected.accountId !== undefined && expected.accountId !== actual?.accountId)
    differs('expect.route.accountId', expected.accountId, shown);
}

const isOfType = (fact: FactDefinition, value: unknown): boolean => {
  if (fact.type === 'integer') return Number.isSafeInteger(value);
  if (fact.type === 'list') return Array.isArray(value);
  return typeof value === fact.type;
};

/** Facts that do not exist, are of another type, or are needed and not there. */
function problemsOfFacts(facts: Facts, known: readonly FactDefinition[], required: ReadonlySet<string>): Problem[] {
  const byName = new Map(known.map((fact) => [fact.name, fact]));
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(facts)) {
    const fact = byName.get(name);
    if (!fact) problems.push({ path: `facts.${name}`, expected: 'a known fact', actual: 'there is none of this name' });
    else if (value !== null && !isOfType(fact, value))
      problems.push({
        path: `facts.${name}`,
        expected: fact.type,
        actual: JSON.stringify(value)?.slice(0, 60) ?? 'nothing',
      });
  }
  for (const name of required)
    if (!Object.hasOwn(facts, name) && byName.get(name)?.optional !== true)
      problems.push({ path: `facts.${name}`, expected: 'a value: rules look at it', actual: 'nothing' });
  return problems;
}
