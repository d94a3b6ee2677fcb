import { mkdir } from 'node:fs/promises';
import { createAutopayRobot } from './autopay.ts';
import { openCallbackCourier } from './callbacks.ts';
import { createChannelHost, type HostedChannel } from './channel-host.ts';
import type { Answer, OrderView } from './channel-simulator.ts';
import { createControlApi } from './control-api.ts';
import { createFaultBook } from './faults.ts';
import { listen, type RequestHandler } from './http-server.ts';
import { openLedger } from './ledger.ts';
import { createPages } from './page.ts';
import { channelSimulators } from './registry.ts';
import { createRequestLog } from './request-log.ts';
import { defaultSettings } from './settings.ts';
import { createTimers } from './timers.ts';

/** Where the sandbox listens and keeps its state. */
export type SimulatorOptions = { port: number; dir: string; host?: string; now?: () => number };

/** A running sandbox. `close` finishes writing, then stops. */
export type Simulator = { readonly url: string; close(): Promise<void> };

const text = (status: number, body: string): Answer => ({
  status,
  headers: { 'Content-Type': 'text/plain; charset=utf-8' },
  body,
  outcome: 'ok',
});
const isForPeople = (path: string) => path === '/' || path.startsWith('/control/') || path.startsWith('/pay/');

/** Starts the sandbox: rebuilds its state from the ledger, listens, and takes up what was left undone. */
export const startSimulator = async ({
  port,
  dir,
  host = '127.0.0.1',
  now = Date.now,
}: SimulatorOptions): Promise<Simulator> => {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  let settings = defaultSettings();
  let url = '';
  const timers = createTimers();
  const ledger = await openLedger(dir, now);
  const log = createRequestLog(now);
  const callbacks = await openCallbackCourier({ dir, now, timers, settings: () => settings, ready: ledger.durable });

  const channels: HostedChannel[] = [];
  const autopay = createAutopayRobot({
    timers,
    pay: (id, requestNo) => void channels.find(({ simulator }) => simulator.id === id)?.simulator.pay(requestNo),
    findWaiting: (requestNo) =>
      channels.map(({ simulator }) => simulator.findOrder(requestNo)).find((order) => order?.payable === true),
  });
  for (const [id, create] of Object.entries(channelSimulators)) {
    const faults = createFaultBook(now);
    const simulator = await create({
      dir,
      now,
      ledger,
      faults,
      callbacks,
      timers,
      baseUrl: () => url,
      settings: () => settings,
      orderPlaced: (order: OrderView) => autopay.consider(order),
    });
    for (const entry of ledger.entries) if (entry.channel === id) simulator.replay(entry);
    channels.push({ simulator, faults });
  }

  const answerCall = createChannelHost({ channels, ledger, log, timers });
  const pages = createPages(channels);
  const control = createControlApi({
    channels,
    ledger,
    log,
    autopay,
    timers,
    settings: {
      current: () => settings,
      change: (next) => {
        settings = next;
      },
    },
    callbackCounts: callbacks.counts,
    baseUrl: () => url,
  });
  const handle: RequestHandler = async (request, { isLoopback }) => {
    const call = answerCall(request);
    if (call !== undefined) return call;
    const finish = async (answer: Answer) => {
      await ledger.durable();
      return { action: { kind: 'answer', answer } } as const;
    };
    if (!isForPeople(request.path)) return finish(text(404, 'Not found.\n'));
    if (!isLoopback) return finish(text(403, 'The control API answers to this machine only.\n'));
    if (request.path.startsWith('/control/')) return finish(await control(request));
    return finish(pages(request) ?? text(404, 'There is no such order.\n'));
  };

  const server = await listen(handle, port, host);
  url = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`;
  for (const { simulator } of channels) simulator.resume();

  return {
    url,
    close: async () => {
      timers.stopAll();
      await server.close();
      await callbacks.close();
      await ledger.close();
    },
  };
};
