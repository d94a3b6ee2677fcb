import * as z from 'zod';
import { type AutopayRobot, autopaySchema } from './autopay.ts';
import type { HostedChannel } from './channel-host.ts';
import type { Answer, ChannelSimulator, PayerOutcome, ReceivedRequest } from './channel-simulator.ts';
import { type Fault, faultListSchema, scriptSchema } from './faults.ts';
import { computeBalances, type Ledger, selectEntries } from './ledger.ts';
import type { RequestLog } from './request-log.ts';
import { type Settings, settingsSchema } from './settings.ts';
import type { Timers } from './timers.ts';

/** What the control API steers. */
export type ControlDeps = {
  channels: readonly HostedChannel[];
  ledger: Ledger;
  log: RequestLog;
  autopay: AutopayRobot;
  timers: Timers;
  settings: { current(): Settings; change(settings: Settings): void };
  callbackCounts(): Record<string, number>;
  baseUrl(): string;
};

class ControlProblem extends Error {
  readonly status: number;
  readonly more: Record<string, unknown>;

  constructor(status: number, message: string, more: Record<string, unknown> = {}) {
    super(message);
    this.status = status;
    this.more = more;
  }
}

const json = (status: number, value: unknown): Answer => ({
  status,
  headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' },
  body: `${JSON.stringify(value)}\n`,
  outcome: 'ok',
});

const deepest = (issue: z.core.$ZodIssue): z.core.$ZodIssue => {
  if (issue.code !== 'invalid_union') return issue;
  // Of the ways to read the body, the one with the fewest complaints is what the writer meant.
  const best = issue.errors.toSorted((left, right) => left.length - right.length || depth(right) - depth(left))[0]?.[0];
  return best === undefined ? issue : deepest({ ...best, path: [...issue.path, ...best.path] });
};
const depth = (issues: readonly z.core.$ZodIssue[]): number => Math.max(0, ...issues.map(({ path }) => path.length));

const fieldOf = (issue: z.core.$ZodIssue): string => {
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys] : issue.path;
  return path.map(String).join('.');
};

const parse = <Schema extends z.ZodType>(schema: Schema, input: unknown): z.infer<Schema> => {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const meant = issue === undefined ? undefined : deepest(issue);
  const field = (meant && fieldOf(meant)) || 'body';
  throw new ControlProblem(400, `${field}: ${meant?.message ?? 'invalid'}`, { field });
};

const readJson = (request: ReceivedRequest): unknown => {
  const text = request.body.toString('utf8').trim();
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new ControlProblem(400, 'body: not JSON', { field: 'body' });
  }
};

const paySchema = z.strictObject({
  action: z.enum(['pay', 'abandon']).default('pay'),
  afterMs: z.int().min(0).max(86_400_000).default(0),
  /** Pays although the order is expired or closed, to play a channel's late success. */
  force: z.boolean().default(false),
});
const rotateSchema = z.strictObject({ switchAfterMs: z.int().min(0).max(86_400_000).default(0) });
const limitSchema = z.object({ limit: z.coerce.number().int().min(0).max(1_000_000).optional() });

const requireSameOrigin = (request: ReceivedRequest) => {
  const { origin, host } = request.headers;
  if (typeof origin !== 'string' || origin === `http://${String(host)}`) return;
  throw new ControlProblem(403, 'Another site may not steer the sandbox.');
};

/** A bank that the channel does not know would be an outage that never happens. */
const requireBank = ({ issuers }: ChannelSimulator, { perIssuerOutage }: Fault, place: string) => {
  if (perIssuerOutage === undefined || issuers.includes(perIssuerOutage.issuer)) return;
  const field = `${place}perIssuerOutage.issuer`;
  throw new ControlProblem(400, `${field}: one of ${issuers.join(', ')}`, { field });
};

type Route = {
  method: string;
  path: RegExp;
  answer(request: ReceivedRequest, name: string, part: string): Answer | Promise<Answer>;
};

/** Creates the control API: plain JSON for tests, drills and people, reachable from this machine only. */
export const createControlApi = (deps: ControlDeps): ((request: ReceivedRequest) => Promise<Answer>) => {
  const { ledger, log, autopay, settings } = deps;
  const getChannel = (id: string): HostedChannel => {
    const found = deps.channels.find(({ simulator }) => simulator.id === id);
    if (found === undefined) throw new ControlProblem(404, `There is no channel ${id}.`);
    return found;
  };
  const ownerOf = (reference: string): HostedChannel => {
    const found = deps.channels.find(({ simulator }) => simulator.findOrder(reference) !== undefined);
    if (found === undefined) throw new ControlProblem(404, `There is no order ${reference}.`);
    return found;
  };

  const settlePayer = (outcome: PayerOutcome): Answer => {
    if (outcome.done) return json(200, outcome.order);
    const status = outcome.reason === 'unknown_order' ? 404 : 409;
    throw new ControlProblem(status, `Not done: ${outcome.reason}.`, { reason: outcome.reason, order: outcome.order });
  };
  const pay = (request: ReceivedRequest, reference: string): Answer => {
    const { action, afterMs, force } = parse(paySchema, readJson(request));
    const { simulator } = ownerOf(reference);
    const step = () => (action === 'pay' ? simulator.pay(reference, { force }) : simulator.abandon(reference));
    if (afterMs === 0) return settlePayer(step());
    deps.timers.after(afterMs, () => void step());
    return json(202, { ...simulator.findOrder(reference), scheduledInMs: afterMs });
  };

  const routes: readonly Route[] = [
    {
      method: 'GET',
      path: /^\/control\/health$/,
      answer: () =>
        json(200, {
          status: 'ok',
          channels: deps.channels.map(({ simulator }) => simulator.id),
          banks: Object.fromEntries(deps.channels.map(({ simulator }) => [simulator.id, simulator.issuers])),
          ledgerEntries: ledger.entries.length,
          callbacks: deps.callbackCounts(),
          baseUrl: deps.baseUrl(),
        }),
    },
    {
      method: 'GET',
      path: /^\/control\/credentials$/,
      answer: () =>
        json(
          200,
          Object.fromEntries(
            deps.channels.map(({ simulator }) => [
              simulator.credentialsName,
              { channel: simulator.id, ...simulator.credentials(), account: simulator.account() },
            ]),
          ),
        ),
    },
    {
      method: 'GET',
      path: /^\/control\/ledger$/,
      answer: ({ query }) => {
        const read = (name: string) => query.get(name) ?? undefined;
        const since = read('since');
        if (since !== undefined && !/^\d+$/.test(since) && Number.isNaN(Date.parse(since))) {
          throw new ControlProblem(400, 'since: an ISO time or a sequence number', { field: 'since' });
        }
        const { limit } = parse(limitSchema, { limit: read('limit') });
        const [channel, kind, requestNo] = [read('channel'), read('kind'), read('requestNo')];
        const [channelTxn, refundNo, state] = [read('channelTxn'), read('refundNo'), read('state')];
        const filter = { channel, kind, requestNo, channelTxn, refundNo, state, since, limit };
        return json(200, { entries: selectEntries(ledger.entries, filter) });
      },
    },
    {
      method: 'GET',
      path: /^\/control\/balances$/,
      answer: ({ query }) => {
        const balances = computeBalances(ledger.entries);
        const requestNo = query.get('requestNo');
        if (requestNo === null) return json(200, { balances });
        const one = balances[requestNo];
        return json(200, { balances: one === undefined ? {} : { [requestNo]: one } });
      },
    },
    { method: 'POST', path: /^\/control\/pay\/([^/]+)$/, answer: pay },
    {
      method: 'GET',
      path: /^\/control\/channels\/([^/]+)\/faults$/,
      answer: (_request, id) => json(200, getChannel(id).faults.list()),
    },
    {
      method: 'POST',
      path: /^\/control\/channels\/([^/]+)\/faults$/,
      answer: (request, id) => {
        const { faults, simulator } = getChannel(id);
        const body = readJson(request);
        const list = parse(faultListSchema, body);
        for (const [at, fault] of list.entries()) requireBank(simulator, fault, Array.isArray(body) ? `${at}.` : '');
        faults.set(list);
        return json(200, faults.list());
      },
    },
    {
      method: 'DELETE',
      path: /^\/control\/channels\/([^/]+)\/faults$/,
      answer: (_request, id) => {
        const { faults } = getChannel(id);
        const last = faults.list();
        faults.set([]);
        return json(200, { faults: [], hits: [], removed: last });
      },
    },
    {
      method: 'GET',
      path: /^\/control\/channels\/([^/]+)\/script$/,
      answer: (_request, id) => json(200, { steps: getChannel(id).faults.listScript() }),
    },
    {
      method: 'POST',
      path: /^\/control\/channels\/([^/]+)\/script$/,
      answer: (request, id) => {
        const { faults, simulator } = getChannel(id);
        const script = parse(scriptSchema, readJson(request));
        for (const [at, { fault }] of script.entries()) requireBank(simulator, fault, `${at}.fault.`);
        faults.setScript(script);
        return json(200, { steps: faults.listScript() });
      },
    },
    {
      method: 'DELETE',
      path: /^\/control\/channels\/([^/]+)\/script$/,
      answer: (_request, id) => {
        const { faults } = getChannel(id);
        for (const step of faults.listScript()) faults.cancelStep(step.id);
        return json(200, { steps: faults.listScript() });
      },
    },
    {
      method: 'DELETE',
      path: /^\/control\/channels\/([^/]+)\/script\/(\d{1,3})$/,
      answer: (_request, id, step) => {
        const { faults } = getChannel(id);
        const known = faults.listScript()[Number(step)];
        if (known === undefined) throw new ControlProblem(404, `The script has no step ${step}.`, { field: 'id' });
        if (!faults.cancelStep(known.id)) throw new ControlProblem(409, `Step ${step} is ${known.state}.`);
        return json(200, { steps: faults.listScript() });
      },
    },
    {
      method: 'POST',
      path: /^\/control\/channels\/([^/]+)\/rotate-certificate$/,
      answer: async (request, id) => {
        const { switchAfterMs } = parse(rotateSchema, readJson(request));
        return json(200, await getChannel(id).simulator.rotateCertificate(switchAfterMs));
      },
    },
    { method: 'GET', path: /^\/control\/autopay$/, answer: () => json(200, autopay.current()) },
    {
      method: 'POST',
      path: /^\/control\/autopay$/,
      answer: (request) => {
        autopay.configure(parse(autopaySchema, readJson(request)));
        return json(200, autopay.current());
      },
    },
    { method: 'GET', path: /^\/control\/settings$/, answer: () => json(200, settings.current()) },
    {
      method: 'POST',
      path: /^\/control\/settings$/,
      answer: (request) => {
        const change = parse(z.record(z.string(), z.unknown()), readJson(request));
        settings.change(parse(settingsSchema, { ...settings.current(), ...change }));
        return json(200, settings.current());
      },
    },
    {
      method: 'GET',
      path: /^\/control\/requests$/,
      answer: ({ query }) => {
        const read = (name: string) => query.get(name) ?? undefined;
        const [channel, operation, requestNo] = [read('channel'), read('operation'), read('requestNo')];
        const { limit } = parse(limitSchema, { limit: read('limit') });
        const requests = log.select({ channel, operation, requestNo, ...(limit === undefined ? {} : { limit }) });
        return json(200, { requests, counters: log.counters() });
      },
    },
    {
      method: 'POST',
      path: /^\/control\/reset$/,
      answer: () => {
        for (const { faults } of deps.channels) {
          faults.set([]);
          faults.setScript([]);
        }
        log.reset();
        autopay.configure(autopaySchema.parse({ enabled: false }));
        settings.change(settingsSchema.parse({}));
        return json(200, { status: 'ok' });
      },
    },
  ];

  const find = (request: ReceivedRequest) => {
    for (const route of routes) {
      const found = route.method === request.method ? route.path.exec(request.path) : null;
      if (found !== null) return { route, name: decodeURIComponent(found[1] ?? ''), part: found[2] ?? '' };
    }
    throw new ControlProblem(404, `The control API has no ${request.method} ${request.path}.`);
  };

  return async (request) => {
    try {
      requireSameOrigin(request);
      const { route, name, part } = find(request);
      return await route.answer(request, name, part);
    } catch (error) {
      if (error instanceof ControlProblem) return json(error.status, { error: error.message, ...error.more });
      if (error instanceof URIError) return json(400, { error: 'The path is not well encoded.' });
      throw error;
    }
  };
};
