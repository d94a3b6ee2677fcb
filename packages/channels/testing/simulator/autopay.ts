import * as z from 'zod';
import type { OrderView } from './channel-simulator.ts';
import { createRandom } from './random.ts';
import type { Timers } from './timers.ts';

const shareSchema = z.number().min(0).max(1);
const delaySchema = z.strictObject({ min: z.int().min(0).max(86_400_000), max: z.int().min(0).max(86_400_000) });

/** Simulated payers who find orders and pay them on their own. */
export const autopaySchema = z.strictObject({
  enabled: z.boolean(),
  /** The part of orders that gets paid; the rest is abandoned. */
  share: shareSchema.default(1),
  delayMs: delaySchema.default({ min: 200, max: 2000 }),
  seed: z.int().default(1),
  /** By the merchant's number of the order; applies to orders that already wait, too. */
  overrides: z
    .record(
      z.string(),
      z.strictObject({
        enabled: z.boolean().optional(),
        share: shareSchema.optional(),
        delayMs: delaySchema.optional(),
      }),
    )
    .default({}),
});
export type Autopay = z.infer<typeof autopaySchema>;

/** The payers who act on their own. */
export type AutopayRobot = {
  configure(autopay: Autopay): void;
  current(): Autopay;
  consider(order: OrderView): void;
};

/** Creates the robot, switched off. */
export const createAutopayRobot = (deps: {
  timers: Timers;
  pay(channel: string, requestNo: string): void;
  findWaiting(requestNo: string): OrderView | undefined;
}): AutopayRobot => {
  let autopay = autopaySchema.parse({ enabled: false });
  let random = createRandom(autopay.seed);

  const consider = (order: OrderView) => {
    const override = autopay.overrides[order.requestNo];
    if (!(override?.enabled ?? autopay.enabled)) return;
    // Both draws always happen, so an override doesn't shift what later orders meet.
    const [chance, spread] = [random(), random()];
    if (chance >= (override?.share ?? autopay.share)) return;
    const { min, max } = override?.delayMs ?? autopay.delayMs;
    deps.timers.after(min + spread * Math.max(0, max - min), () => deps.pay(order.channel, order.requestNo));
  };

  return {
    configure: (next) => {
      autopay = next;
      random = createRandom(next.seed);
      for (const requestNo of Object.keys(next.overrides)) {
        const waiting = deps.findWaiting(requestNo);
        if (waiting !== undefined) consider(waiting);
      }
    },
    current: () => autopay,
    consider,
  };
};
