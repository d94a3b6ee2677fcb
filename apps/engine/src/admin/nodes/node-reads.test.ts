import { expect, it } from 'vitest';
import { readsOf } from './node-reads.ts';

it('adds up what a node says of its look-ups, refusals apart', () => {
  const counts = {
    hit: 300,
    snapshot: 30,
    coalesced: 20,
    miss: 50,
    not_modified: 90,
    rate_limited: 190,
    overloaded: 10,
  };
  expect(readsOf({ counts, cache: { entries: 4, bytes: 2_000, maxBytes: 8_000 } })).toEqual({
    perSecond: 10,
    answered: 400,
    held: 350,
    notModified: 90,
    rateLimited: 190,
    refused: 200,
    entries: 4,
    bytes: 2_000,
    maxBytes: 8_000,
  });
});

it.each([null, {}, { counts: {} }])(
  'takes a node that says nothing of it (%j) as one that answered none',
  (reported) => {
    expect(readsOf(reported)).toMatchObject({ perSecond: 0, answered: 0, refused: 0, maxBytes: 0 });
  },
);
