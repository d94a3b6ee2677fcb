import { describe, expect, it } from 'vitest';
import { contentHashOf } from '../content-hash.ts';
import type { LoadedConfig } from '../load-config.ts';
import { desiredRules } from './desired-rules.ts';
import { type FollowState, planActs } from './follow-rules.ts';
import { switchedOff, withSwitches } from './toggles.ts';

const documents = { a: { rules: [{ id: 'a' }] }, b: { rules: [{ id: 'b' }] }, c: { rules: [] } };
type Name = keyof typeof documents;
const payload = (name: Name) => ({ type: 'json', value: JSON.stringify(documents[name]) });
const hash = (name: Name) => contentHashOf(documents[name]);
const rulesOf = (name: Name) => ({ document: documents[name], contentHash: hash(name) });
const toggle = { strategies: [], variants: [] };
/** The last digits of a probe as a place between 0 and 1. */
const place = (id: string) => Number(id.split('-')[1]) / 2_000;

const names = (desired: ReturnType<typeof desiredRules>) => ({
  all: desired.all?.contentHash,
  canary: desired.canary?.rules.contentHash,
  percent: desired.canary?.percent,
});

describe('what a toggle means', () => {
  it('is one rule set for all', () => {
    expect(names(desiredRules(toggle, ['m1'], () => payload('a'), undefined))).toEqual({ all: hash('a') });
  });

  it('is nothing while it is off or has no payload', () => {
    expect(names(desiredRules(toggle, ['m1'], () => undefined, hash('a')))).toEqual({});
  });

  it('is a canary for the share that gets another one than the rest', () => {
    const byShare = (share: number) => (id: string) => payload(id.startsWith('probe') && place(id) < share ? 'b' : 'a');
    expect(names(desiredRules(toggle, [], byShare(0.1), hash('c')))).toEqual({
      all: hash('a'),
      canary: hash('b'),
      percent: 10,
    });
  });

  it('leaves for all what is in force, however small its share has become', () => {
    const mostGetB = (id: string) => payload(place(id) < 0.9 ? 'b' : 'a');
    expect(names(desiredRules(toggle, [], mostGetB, hash('a')))).toEqual({
      all: hash('a'),
      canary: hash('b'),
      percent: 90,
    });
    expect(names(desiredRules(toggle, [], mostGetB, hash('c')))).toEqual({
      all: hash('b'),
      canary: hash('a'),
      percent: 10,
    });
  });

  it('leaves what is in force for those who get nothing', () => {
    const someGetB = (id: string) => (place(id) < 0.7 ? payload('b') : undefined);
    expect(names(desiredRules(toggle, [], someGetB, hash('a')))).toEqual({ canary: hash('b'), percent: 70 });
  });

  it('sees merchants that are named one by one', () => {
    const named = (id: string) => payload(id === 'm7' ? 'b' : 'a');
    expect(names(desiredRules(toggle, ['m1', 'm7'], named, undefined))).toEqual({
      all: hash('a'),
      canary: hash('b'),
      percent: 1,
    });
  });

  it.each([
    ['three rule sets', (id: string) => payload(place(id) < 0.3 ? 'a' : place(id) < 0.6 ? 'b' : 'c'), /3 different/],
    ['a payload that is no JSON', () => ({ type: 'json', value: '{' }), /not valid JSON/],
    ['a payload that is text', () => ({ type: 'string', value: 'x' }), /string, not json/],
    ['a payload that is a list', () => ({ type: 'json', value: '[]' }), /not an object/],
  ])('can not be %s', (_, payloadOf, message) => {
    expect(() => desiredRules(toggle, [], payloadOf, undefined)).toThrow(message);
  });

  it('can not be drawn by lot for each payment', () => {
    const random = { strategies: [{ name: 'flexibleRollout', parameters: { stickiness: 'random' } }], variants: [] };
    expect(() => desiredRules(random as never, [], () => payload('a'), undefined)).toThrow(/random/);
  });
});

describe('following', () => {
  const standing = (own: Partial<FollowState>): FollowState => ({
    live: hash('a'),
    lastSaid: undefined,
    canary: undefined,
    takenBack: undefined,
    ...own,
  });
  const canary = { changeId: 'chg_1', contentHash: hash('b'), version: 5, percent: 10 };
  const acts = (state: Partial<FollowState>, all: Name | undefined, share?: Name) =>
    planActs(standing(state), {
      all: all && rulesOf(all),
      canary: share && { rules: rulesOf(share), percent: 10 },
    }).map(({ act }) => act);

  it('does nothing when all is as it should be', () => {
    expect(acts({}, 'a')).toEqual([]);
    expect(acts({}, undefined)).toEqual([]);
    expect(acts({ canary }, 'a', 'b')).toEqual([]);
  });
  it('publishes what is new', () => expect(acts({}, 'b')).toEqual(['publish']));
  it('lets stand what a person published over it, until it says something new', () => {
    expect(acts({ lastSaid: hash('b') }, 'b')).toEqual([]);
    expect(acts({ lastSaid: hash('b') }, 'c')).toEqual(['publish']);
  });
  it('begins, promotes and ends canaries', () => {
    expect(acts({}, 'a', 'b')).toEqual(['begin_canary']);
    expect(acts({ canary }, 'b')).toEqual(['promote']);
    expect(acts({ canary }, 'a')).toEqual(['end_canary']);
    expect(acts({ canary }, undefined)).toEqual(['end_canary']);
    expect(acts({ canary }, 'a', 'c')).toEqual(['end_canary', 'begin_canary']);
    expect(acts({ canary }, 'b', 'c')).toEqual(['promote', 'begin_canary']);
  });
  it('does not begin again what a person took back', () => {
    expect(acts({ takenBack: hash('b') }, 'a', 'b')).toEqual([]);
    expect(acts({ takenBack: hash('b') }, 'a', 'c')).toEqual(['begin_canary']);
  });
});

describe('switches', () => {
  const loaded = {
    all: {
      channels: new Map([
        ['wx', { id: 'wx', enabled: true }],
        ['ali', { id: 'ali', enabled: false }],
      ]),
      services: new Map([['native', { id: 'native', enabled: true }]]),
    },
    canary: undefined,
    documents: new Map(),
  } as unknown as LoadedConfig;

  it('take away what is off, and turn nothing on', () => {
    const off = switchedOff([
      { name: 'tributary.channel.wx', enabled: false },
      { name: 'tributary.channel.ali', enabled: true },
      { name: 'tributary.service.native', enabled: false },
      { name: 'tributary.feature.refunds', enabled: false },
      { name: 'somebody.else', enabled: false },
    ]);
    const { all } = withSwitches(loaded, off);
    expect([...all.channels.values()].map(({ id, enabled }) => [id, enabled])).toEqual([
      ['wx', false],
      ['ali', false],
    ]);
    expect(all.services.get('native')?.enabled).toBe(false);
    expect(all.featuresOff).toEqual(new Set(['refunds']));
    expect(loaded.all.channels.get('wx')?.enabled).toBe(true);
  });

  it('change nothing when none is off', () => {
    expect(withSwitches(loaded, switchedOff([{ name: 'tributary.channel.wx', enabled: true }]))).toBe(loaded);
  });
});
