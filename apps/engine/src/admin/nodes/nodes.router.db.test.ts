import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type StartedEngine, startTestEngine } from '../../testing/started-engine.ts';

let engine: StartedEngine;

beforeAll(async () => {
  engine = await startTestEngine();
});
afterAll(() => engine.stop());

describe('a node in the console', () => {
  it('tells what it runs and what it has to do, and the same version as its readiness', async () => {
    const oncall = await engine.signIn({ role: 'oncall' });
    const seen = async () => {
      // Each request counts for the next heartbeat.
      const { body } = await oncall.send('GET', 'nodes.list', 'null');
      const { nodes, configVersion } = (body as { result: { data: Listed } }).result.data;
      const [node] = nodes;
      return { ...node, current: configVersion };
    };
    await expect.poll(async () => (await seen()).load?.requestsPerSecond ?? 0, { timeout: 15_000 }).toBeGreaterThan(0);
    const node = await seen();
    expect(node).toMatchObject({ role: 'all', load: { draining: false, inFlight: expect.any(Number) } });
    expect(node.load?.rssBytes).toBeGreaterThan(node.load?.heapBytes ?? Number.POSITIVE_INFINITY);
    const ready = (await (await fetch(`${engine.url}/readyz`)).json()) as Record<string, string>;
    expect(ready).toMatchObject({ status: 'ready', role: 'all', node: node.id, configVersion: node.current });
  });
});

type Listed = {
  configVersion: string;
  nodes: {
    id: string;
    role: string;
    load: {
      requestsPerSecond?: number;
      inFlight?: number;
      draining?: boolean;
      rssBytes?: number;
      heapBytes?: number;
    };
  }[];
};
