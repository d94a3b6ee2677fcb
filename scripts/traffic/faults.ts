import { request } from 'undici';

const channels = ['wechat-pay', 'alipay', 'unionpay'] as const;

/** A bad day at every channel: answers get lost on either side of the charge, callbacks come late, twice or never. */
const badDay = (seed: number) => [
  { operations: ['place', 'refund', 'close', 'reverse'], lostReply: 0.04, lostRequest: 0.02, seed },
  { operations: ['query', 'queryRefund'], lostReply: 0.02, badSignature: 0.01, truncatedJson: 0.01, seed: seed + 1 },
  { operations: ['place'], latencyMs: { p50: 40, p99: 900 }, seed: seed + 2 },
  { callbacks: { mode: 'duplicate', copies: 3, share: 0.2 }, seed: seed + 3 },
  { callbacks: { mode: 'delayed', delayMs: 5_000, share: 0.1 }, seed: seed + 4 },
  { callbacks: { mode: 'never', share: 0.1 }, seed: seed + 5 },
  { callbacks: { mode: 'forged', share: 0.2 }, seed: seed + 6 },
];

async function control(sandboxUrl: string, method: 'POST' | 'DELETE', channel: string, body?: unknown): Promise<void> {
  const answer = await request(`${sandboxUrl}/control/channels/${channel}/faults`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.body.text();
  if (answer.statusCode >= 300) throw new Error(`the sandbox refused faults of ${channel}: ${text}`);
}

/** Sets the faults of every channel; the same seed makes the same bad day. */
export async function misbehave(sandboxUrl: string, seed: number): Promise<void> {
  for (const [index, channel] of channels.entries())
    await control(sandboxUrl, 'POST', channel, badDay(seed * 100 + index * 10));
}

/** Ends them. */
export async function behave(sandboxUrl: string): Promise<void> {
  for (const channel of channels) await control(sandboxUrl, 'DELETE', channel);
}
