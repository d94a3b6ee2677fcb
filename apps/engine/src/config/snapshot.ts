import type { TrustedKey } from '@tributary/channels/channel-result';
import type { LimitDocument } from '@tributary/contracts/limit';
import type { ListConfig } from '@tributary/contracts/list';
import type { ServiceConfig } from '@tributary/contracts/service-config';
import type { ChannelParams } from './channel-params.ts';

/** A merchant as the payment path needs it. */
export type MerchantConfig = {
  id: string;
  name: string;
  timeZone: string;
  active: boolean;
  requireSignature: boolean;
  /** Empty: all services. */
  serviceIds: readonly string[];
  webhookUrl: string | undefined;
  /** Envelope-encrypted. */
  webhookSecret: string | undefined;
  ratePerSecond: number;
};

export type ApiKeyConfig = {
  id: string;
  merchantId: string;
  kind: 'bearer' | 'signing';
  secretHash: Buffer | undefined;
  publicKeyPem: string | undefined;
  scopes: ReadonlySet<string>;
  ipAllowlist: readonly string[];
  expiresAt: Date | undefined;
  revokedAt: Date | undefined;
};

export type ChannelConfig = {
  id: string;
  adapter: string;
  name: string;
  enabled: boolean;
  /** Switched off until then; undefined when it is not. */
  disabledUntil: Date | undefined;
  priority: number;
  feeBps: number;
  params: ChannelParams;
};

/** Off by hand, or off until a moment that has not come yet. */
export const isSwitchedOff = ({ enabled, disabledUntil }: ChannelConfig, at: Date): boolean =>
  !enabled || (disabledUntil !== undefined && disabledUntil > at);

export type AccountConfig = {
  id: string;
  channelId: string;
  label: string;
  enabled: boolean;
  baseUrl: string;
  config: unknown;
  /** Envelope-encrypted JSON; decrypted only by the gateway's account cache. */
  secrets: string;
  trust: readonly TrustedKey[];
  minAmount: bigint;
  maxAmount: bigint;
  version: number;
};

export type LimitConfig = LimitDocument;

export type RuleSetConfig = { kind: 'risk' | 'routing'; version: number; document: unknown };

/**
 * Everything operations may tune, as one consistent immutable picture. Read in one repeatable-read transaction, swapped
 * atomically; a payment uses the snapshot it started with to its end.
 */
export type ConfigSnapshot = {
  version: bigint;
  loadedAt: Date;
  merchants: ReadonlyMap<string, MerchantConfig>;
  /** By key id. */
  apiKeys: ReadonlyMap<string, ApiKeyConfig>;
  services: ReadonlyMap<string, ServiceConfig>;
  channels: ReadonlyMap<string, ChannelConfig>;
  accounts: ReadonlyMap<string, AccountConfig>;
  limits: readonly LimitConfig[];
  /** Definitions of lists by id, the built-in ones too. Their entries are data and are looked up where they are used. */
  lists: ReadonlyMap<string, ListConfig>;
  rules: { risk: RuleSetConfig; routing: RuleSetConfig };
};

/** The node's current configuration. */
export type ConfigSource = {
  current(): ConfigSnapshot;
  /** Called after each swap, with the new snapshot. */
  onChange(listener: (snapshot: ConfigSnapshot) => void | Promise<void>): () => void;
};
