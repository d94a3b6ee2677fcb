import { describe, expect, it } from 'vitest';
import type { CompartmentReport } from '../../gateway/compartments.ts';
import { createLastMinute } from '../../gateway/last-minute.ts';
import { boardOf, missingAfterMs } from './compartment-board.ts';

const now = new Date('2026-11-23T08:00:00Z');
const channels = new Map([
  ['a', { id: 'a', name: 'Channel A' }],
  ['b', { id: 'b', name: 'Channel B' }],
]);

function report(channelId: string, own: Partial<CompartmentReport> = {}, times: number[] = []): CompartmentReport {
  const minute = createLastMinute();
  for (const ms of times) minute.ended(0, ms, { failed: false, slow: false, timedOut: false });
  return {
    channelId,
    group: 'place',
    limits: { maxConcurrent: 10, maxQueue: 5 },
    stats: { active: 2, queued: 1, rejected: 0, timeouts: 0 },
    breaker: { state: 'closed', calls: 0, failures: 0, slow: 0, refused: 0, retryInMs: 0 },
    minute: minute.read(0),
    ...own,
  };
}

const node = (id: string, compartments: CompartmentReport[], silentMs = 0) => ({
  id,
  role: 'all',
  lastSeenAt: new Date(now.getTime() - silentMs),
  compartments,
});

describe('the live board', () => {
  it('adds the nodes up, takes the worst breaker, and merges answer times', () => {
    const open = { state: 'open' as const, calls: 9, failures: 9, slow: 0, refused: 4, retryInMs: 700 };
    const board = boardOf(
      [node('n1', [report('a', {}, [10, 10, 10])]), node('n2', [report('a', { breaker: open }, [1000])])],
      channels,
      now,
    );
    expect(board.compartments).toHaveLength(1);
    expect(board.compartments[0]).toMatchObject({
      channelName: 'Channel A',
      active: 4,
      maxConcurrent: 20,
      queued: 2,
      breaker: 'open',
      retryInMs: 700,
      openOn: 1,
      counts: { calls: 4 },
    });
    const { p50Ms, p99Ms } = board.compartments[0] ?? {};
    expect(p50Ms).toBeGreaterThan(9);
    expect(p50Ms).toBeLessThan(11);
    expect(p99Ms).toBeGreaterThan(950);
  });

  it('shows a silent node as missing and never as idle, and passes over channels that are gone', () => {
    const board = boardOf(
      [node('n1', [report('b'), report('gone')]), node('n2', [report('b')], missingAfterMs + 1)],
      channels,
      now,
    );
    expect(board.nodes.map(({ id, missing }) => [id, missing])).toEqual([
      ['n1', false],
      ['n2', true],
    ]);
    expect(board.compartments.map(({ channelId, nodes }) => [channelId, nodes.length])).toEqual([['b', 1]]);
  });

  it('puts trouble first', () => {
    const busy = report('b', { stats: { active: 10, queued: 5, rejected: 0, timeouts: 0 } });
    expect(
      boardOf([node('n1', [report('a'), busy])], channels, now).compartments.map(({ channelId }) => channelId),
    ).toEqual(['b', 'a']);
  });
});
