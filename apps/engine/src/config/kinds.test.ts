import { channelAdapters } from '@tributary/channels/registry';
import { describe, expect, it } from 'vitest';
import { createConfigKinds } from './kinds.ts';
import type { ConfigSnapshot } from './snapshot.ts';

const language = { facts: [], eventTypes: {} } as never;
const kinds = createConfigKinds({
  languages: { risk: language, routing: language },
  adapters: new Map(channelAdapters.map((adapter) => [adapter.id, adapter])),
});
const around = { channels: new Map([['wx', { id: 'wx', adapter: 'wechat-pay' }]]) } as unknown as ConfigSnapshot;
const declined = (code: string) => ({
  code,
  outcome: { kind: 'declined', fault: 'channel', failureCode: 'channel_declined' },
});
const check = (...overrides: object[]) => kinds.check('response_codes', 'wx', { id: 'wx', overrides }, around);

describe('overrides of response codes', () => {
  it('must be acknowledged when they decline what the channel never does', async () => {
    expect(await check(declined('NO_AUTH'), declined('SYSTEM_ERROR'), declined('ORDERPAID'))).toMatchObject({
      errors: [],
      findings: [
        { path: 'overrides.1.outcome', code: 'declines_unclear' },
        { path: 'overrides.2.outcome', code: 'declines_unclear' },
      ],
    });
  });

  it('may say what they like of codes that nobody mapped, and take refusals back', async () => {
    const back = { code: 'NO_AUTH', outcome: { kind: 'unknown', fault: 'merchant' } };
    expect(await check(declined('NEW_CODE'), back)).toEqual({ errors: [], findings: [] });
  });

  it('belong to a channel, and hold a code once', async () => {
    expect(
      (await kinds.check('response_codes', 'nobody', { id: 'nobody', overrides: [] }, around)).errors,
    ).toMatchObject([{ path: 'id', code: 'unknown_channel' }]);
    expect((await check(declined('A'), declined('A'))).errors).toMatchObject([
      { path: 'overrides', code: 'does_not_fit' },
    ]);
  });
});
