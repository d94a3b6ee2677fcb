import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGroupCommit } from './group-commit.ts';

describe('group commit', () => {
  it('answers each call with its own result, in groups no larger and no more at once than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer(), { maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 3 }),
        async (items, maxGroup, maxInFlight) => {
          let flying = 0;
          const save = createGroupCommit<number, number>({
            maxGroup,
            maxInFlight,
            write: async (group) => {
              expect(group.length).toBeLessThanOrEqual(maxGroup);
              expect(++flying).toBeLessThanOrEqual(maxInFlight);
              await Promise.resolve();
              flying--;
              return group.map((item) => item * 2);
            },
          });
          expect(await Promise.all(items.map(save))).toEqual(items.map((item) => item * 2));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('lets a bad item fail alone', async () => {
    const save = createGroupCommit<number, number>({
      maxGroup: 10,
      maxInFlight: 1,
      write: async (group) => {
        if (group.includes(13)) throw new Error('unlucky');
        return group;
      },
    });
    const outcomes = await Promise.allSettled([1, 13, 3].map(save));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('lets an item that waits for a lock hold up none of its neighbours', async () => {
    let unlock = () => {};
    const locked = new Promise<void>((done) => {
      unlock = done;
    });
    const save = createGroupCommit<string, string>({
      maxGroup: 20,
      maxInFlight: 1,
      write: async (group) => {
        if (group.length > 1) throw new Error('lock timeout');
        if (group[0] === 'locked') await locked;
        return group;
      },
    });
    const slow = save('locked');
    const neighbours = Array.from({ length: 12 }, (_, i) => `free ${i}`);
    expect(await Promise.all(neighbours.map(save))).toEqual(neighbours);
    unlock();
    expect(await slow).toBe('locked');
  });

  it('fails a whole group at once when the error says nothing of its items', async () => {
    let writes = 0;
    const away = new Error('the database is away');
    const save = createGroupCommit<number, number>({
      maxGroup: 10,
      maxInFlight: 1,
      failsWhole: (error) => error === away,
      write: async () => {
        writes++;
        throw away;
      },
    });
    const outcomes = await Promise.allSettled([1, 2, 3].map(save));
    expect(outcomes).toEqual([1, 2, 3].map(() => ({ status: 'rejected', reason: away })));
    expect(writes).toBe(1);
  });
});
