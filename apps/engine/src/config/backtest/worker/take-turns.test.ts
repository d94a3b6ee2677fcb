import { expect, it } from 'vitest';
import { createTurns } from './take-turns.ts';

it('lets so many work at a time, in the order in which they came, whatever becomes of the others', async () => {
  const takeTurn = createTurns(2);
  const began: number[] = [];
  let running = 0;
  let mostAtOnce = 0;
  const work = (i: number) => () => {
    began.push(i);
    running++;
    mostAtOnce = Math.max(mostAtOnce, running);
    return new Promise<number>((resolve, reject) =>
      setImmediate(() => {
        running--;
        if (i % 3 === 0) reject(new Error(`no ${i}`));
        else resolve(i);
      }),
    );
  };
  const ten = Array.from({ length: 10 }, (_, i) => i);
  const done = await Promise.allSettled(ten.map((i) => takeTurn(work(i))));
  expect(began).toEqual(ten);
  expect(mostAtOnce).toBe(2);
  expect(done.map(({ status }) => status)).toEqual(ten.map((i) => (i % 3 === 0 ? 'rejected' : 'fulfilled')));
  expect(await takeTurn(async () => 'again')).toBe('again');
});
