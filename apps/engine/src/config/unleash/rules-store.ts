import type { LoadedConfig } from '../load-config.ts';

/** What a store of rules says of itself; the console shows it. */
export type RulesStoreStatus = {
  name: 'postgres' | 'unleash';
  /** Whether it answered lately; Postgres is asked elsewhere and always true here. */
  connected: boolean;
  /** What it said that was not taken, by its name there. */
  refused: Readonly<Record<string, { message: string; at: number }>>;
  /** What it switches off. */
  off: { channels: string[]; services: string[]; features: string[] };
};

/**
 * Where rule sets come from beside the console. Whatever it is, what it brings becomes a version in Postgres before any
 * payment is decided by it: decisions, history and restarts need no other store.
 */
export type RulesStore = {
  /** @throws Error when it must not start: nothing was ever heard of it, and it was told to refuse then */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Puts over a configuration that was just loaded what the store switches off. */
  overlay(loaded: LoadedConfig): LoadedConfig;
  /** Whether the store itself puts a merchant in a canary of its own; undefined for those of others. */
  isInCanary(changeId: string, merchantId: string): boolean | undefined;
  status(): RulesStoreStatus;
};

/** Rules are written in the console and kept in Postgres: the default. */
export const postgresRulesStore: RulesStore = {
  start: async () => undefined,
  stop: async () => undefined,
  overlay: (loaded) => loaded,
  isInCanary: () => undefined,
  status: () => ({
    name: 'postgres',
    connected: true,
    refused: {},
    off: { channels: [], services: [], features: [] },
  }),
};
