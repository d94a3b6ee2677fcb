import type { ConfigSource, MerchantConfig } from '../config/snapshot.ts';
import { webhookKeyAad, webhookSecretAad } from '../platform/secret-places.ts';
import { afterTry, placesFor, restAfter } from './endpoint-health.ts';
import type { Delivery, Endpoint, EndpointStore, WebhookBacklog } from './endpoints.store.ts';
import { type Posted, postWebhook } from './post-webhook.ts';
import { signWebhook, type WebhookKeys } from './sign-webhook.ts';
import type { guardUrl } from './url-guard.ts';

type Log = { warn(fields: object, message: string): void; error(fields: object, message: string): void };

/** What every try tells the metrics. */
export type WebhookReport = { outcome: 'delivered' | 'failed' | 'dead'; ms: number };

/** Endpoints that a node works at once, and what may be on its way to one of them. */
const endpointsAtOnce = 64;
const perEndpoint = 4;
/** Of these places one merchant, and all endpoints whose last try failed together, may have so many: the others' are left. */
const ofOneMerchant = 16;
const ofFailing = 32;
/** Claimed at once, so that no merchant gets far beyond that. */
const claimedAtOnce = 8;
/** An endpoint with more to do gives way to others after this long. */
const turnMs = 10_000;
const pollMs = 1_000;
const houseEveryMs = 15_000;
const keptDays = 90;

/**
 * Tells merchants what became of their payments, by Standard Webhooks 1.0: at least once, signed over id, time and body, the
 * same id on every try; only 2xx counts. Due times are in Postgres, so nothing is forgotten. The unit of work is an
 * endpoint: one node works it at a time, with a few tries at once, so that one that hangs delays nobody else; one that
 * keeps failing rests, then gets one probe.
 */
export function createWebhooks({
  store,
  config,
  decrypt,
  allowLoopback,
  resolve,
  random = Math.random,
  onTry,
  onBacklog,
  log,
}: {
  store: EndpointStore;
  config: Pick<ConfigSource, 'current'>;
  decrypt: (stored: string, aad: string) => string;
  allowLoopback: boolean;
  /** Another resolver of names, for tests. */
  resolve?: Parameters<typeof guardUrl>[1]['resolve'];
  random?: () => number;
  onTry?: (report: WebhookReport) => void;
  onBacklog?: (backlog: WebhookBacklog) => void;
  log: Log;
}) {
  const working = new Map<Promise<void>, Endpoint>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let again = false;
  // Until it is started, and once it is stopped, nothing is begun.
  let stopped = true;
  let houseKeptAt = performance.now();

  /** Claims what has something due, as far as there is room, and begins to work it. @returns how many endpoints */
  async function look(): Promise<number> {
    let begun = 0;
    do {
      again = false;
      const room = Math.min(endpointsAtOnce - working.size, claimedAtOnce);
      if (room <= 0) break;
      const claimed = await store.claim(room, ...fullShares());
      for (const endpoint of claimed) begin(endpoint);
      begun += claimed.length;
      if (claimed.length === room) again = true;
    } while (again && !stopped);
    return begun;
  }

  /** The merchants that have their share of places already, and whether the failing endpoints have theirs. */
  function fullShares(): [string[], boolean] {
    const inHand = new Map<string, number>();
    let failing = 0;
    for (const { merchantId, failures } of working.values()) {
      inHand.set(merchantId, (inHand.get(merchantId) ?? 0) + 1);
      if (failures > 0) failing++;
    }
    const full = [...inHand].filter(([, count]) => count >= ofOneMerchant).map(([merchantId]) => merchantId);
    return [full, failing >= ofFailing];
  }

  function begin(endpoint: Endpoint): void {
    const work = workEndpoint(endpoint)
      .catch((err) => log.error({ err, endpoint: endpoint.id }, 'webhooks of an endpoint could not be worked'))
      .finally(() => {
        working.delete(work);
        // Its place is free, and perhaps it has more to do.
        nudge();
      });
    working.set(work, endpoint);
  }

  async function workEndpoint(endpoint: Endpoint): Promise<void> {
    const turnEnds = performance.now() + turnMs;
    let { failures } = endpoint;
    try {
      // One that has rested gets a probe first.
      if (restAfter(failures) > 0)
        failures = await sendAll(endpoint, await store.due(endpoint.id, 1), failures, turnEnds);
      while (!stopped && performance.now() < turnEnds && restAfter(failures) === 0 && (await store.keep(endpoint.id))) {
        const due = await store.due(endpoint.id, perEndpoint * 5);
        if (due.length === 0) return;
        failures = await sendAll(endpoint, due, failures, turnEnds);
      }
    } finally {
      await store.release(endpoint.id);
    }
  }

  /** @returns failures in a row after it; stops early when there are too many, or the turn is over */
  async function sendAll(endpoint: Endpoint, due: Delivery[], before: number, turnEnds: number): Promise<number> {
    let failures = before;
    const mayGoOn = () =>
      !stopped && performance.now() < turnEnds && (restAfter(failures) === 0 || failures === before);
    await Promise.all(
      Array.from({ length: Math.min(due.length, placesFor(before, perEndpoint)) }, async () => {
        for (let next = due.shift(); next && mayGoOn(); next = due.shift()) {
          const posted = await tryOnce(endpoint, next);
          const ok = posted.status !== undefined && posted.status < 300;
          // A merchant who wants no more of one thing, or wrote a bad URL, does not make a place ill.
          const isIll = !ok && posted.status !== 410 && !posted.forbidden;
          failures = ok ? 0 : isIll ? failures + 1 : failures;
          if (ok || isIll) await store.feel(endpoint.id, failures, posted.error);
        }
      }),
    );
    return failures;
  }

  async function tryOnce(endpoint: Endpoint, delivery: Delivery): Promise<Posted> {
    const posted = await post(delivery);
    const next = afterTry(posted, delivery.attempts - delivery.retriesFrom + 1, random());
    await store.record(endpoint.id, delivery, posted, next);
    const { state } = next;
    onTry?.({ outcome: state === 'pending' ? 'failed' : state, ms: posted.durationMs });
    if (state === 'dead')
      log.error({ delivery: delivery.id, url: delivery.url, ...posted, answer: undefined }, 'a webhook was given up');
    return posted;
  }

  async function post({ id, merchantId, url, body }: Delivery): Promise<Posted> {
    const merchant = config.current().merchants.get(merchantId);
    const at = new Date();
    const keys = merchant && keysOf(merchant, at);
    if (!keys || keys.secrets.length === 0) return { error: 'the merchant has no webhook secret', durationMs: 0 };
    const headers = {
      'webhook-id': id,
      'webhook-timestamp': Math.floor(at.getTime() / 1000).toString(),
      'webhook-signature': signWebhook(id, at, body, keys),
    };
    return postWebhook(url, headers, body, { allowLoopback, ...(resolve ? { resolve } : {}) });
  }

  function keysOf(
    { id, webhookSecret, webhookSecretOld, webhookKey, webhookKeyOld }: MerchantConfig,
    at: Date,
  ): WebhookKeys {
    const holds = (old: { sealed: string; until: Date } | undefined) => (old && old.until > at ? [old.sealed] : []);
    const open = (sealed: string[], aad: string) => sealed.map((one) => decrypt(one, aad));
    return {
      secrets: open([...(webhookSecret ? [webhookSecret] : []), ...holds(webhookSecretOld)], webhookSecretAad(id)),
      signingKeys: open([...(webhookKey ? [webhookKey.sealed] : []), ...holds(webhookKeyOld)], webhookKeyAad(id)),
    };
  }

  function nudge(): void {
    if (stopped) return;
    if (looking) {
      again = true;
      return;
    }
    clearTimeout(timer);
    looking = look()
      .then(keepHouse)
      .catch((err) => log.warn({ err }, 'due webhooks could not be looked for; it will be tried again'))
      .finally(() => {
        looking = undefined;
        if (!stopped) timer = setTimeout(nudge, pollMs);
      });
  }

  async function keepHouse(): Promise<void> {
    if (performance.now() - houseKeptAt < houseEveryMs) return;
    houseKeptAt = performance.now();
    const late = await store.giveUpLate();
    if (late > 0) log.error({ deliveries: late }, 'webhooks were given up: their endpoints did not answer for a day');
    await store.keepHouse(keptDays);
    onBacklog?.(await store.backlog());
  }

  return {
    start() {
      stopped = false;
      nudge();
    },
    /** Something became due. */
    nudge,
    /** Tries all that is due now, once, and waits for it: for tests. */
    async settle(): Promise<void> {
      stopped = false;
      looking = Promise.resolve();
      while ((await look()) > 0) await Promise.all(working.keys());
      stopped = true;
      looking = undefined;
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await looking;
      await Promise.all(working.keys());
    },
  };
}
