import type { TrustedKey } from '@tributary/channels/channel-result';
import type { ChannelParams } from '@tributary/contracts/channel-config';
import type { LimitDocument } from '@tributary/contracts/limit';
import type { ListConfig } from '@tributary/contracts/list';
import type { ResponseCodeOverride } from '@tributary/contracts/response-codes';
import type { ServiceConfig } from '@tributary/contracts/service-config';

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
  /** Envelope-encrypted, like the keys below. */
  webhookSecret: string | undefined;
  /** The one before, good until then. */
  webhookSecretOld: { sealed: string; until: Date } | undefined;
  /** Ed25519, with the public half as merchants get it. */
  webhookKey: { sealed: string; publicKey: string } | undefined;
  webhookKeyOld: { sealed: string; publicKey: string; until: Date } | undefined;
  ratePerSecond: number;
  /** Look-ups, on each node. */
  readsPerSecond: number;
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

/** A channel or an account: off by hand, or off until a moment that has not come yet. */
export const isSwitchedOff = (
  { enabled, disabledUntil }: Pick<ChannelConfig, 'enabled' | 'disabledUntil'>,
  at: Date,
): boolean => !enabled || (disabledUntil !== undefined && disabledUntil > at);

/** An account as decisions need it. Its secrets are loaded by the gateway's account cache where they are used. */
export type AccountConfig = {
  id: string;
  channelId: string;
  label: string;
  enabled: boolean;
  /** Switched off until then; undefined when it is not. */
  disabledUntil: Date | undefined;
  baseUrl: string;
  config: unknown;
  trust: readonly TrustedKey[];
  minAmount: bigint;
  maxAmount: bigint;
  version: number;
};

export type LimitConfig = LimitDocument;

/** `version` 0: none was ever published. */
export type RuleSetConfig = { kind: 'risk' | 'routing'; version: number; document: unknown };

/** A document that this node refuses to run, and what it runs instead. */
export type ConfigProblem = { ref: string; version: number; message: string; running: number | undefined };

/**
 * Everything operations may tune, as one consistent immutable picture. Read in one repeatable-read transaction, swapped
 * atomically; a payment uses the snapshot it started with to its end.
 */
export type ConfigSnapshot = {
  version: bigint;
  loadedAt: Date;
  /** `canary`: the configuration with a change in it that only a share of merchants gets. */
  arm: 'all' | 'canary';
  /** Version of every document in it, by `kind/objectId`. */
  versions: ReadonlyMap<string, number>;
  problems: readonly ConfigProblem[];
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
  /** Functions of the product that are switched off from outside, e.g. `refunds`. */
  featuresOff?: ReadonlySet<string>;
  /** What operations know of a channel's response codes, by channel and code. */
  responseCodes: ReadonlyMap<string, ReadonlyMap<string, ResponseCodeOverride>>;
};

/** The node's current configuration. */
export type ConfigSource = {
  current(): ConfigSnapshot;
  /** What a merchant's payments are decided by: the canary for its share of merchants while one runs. */
  snapshotFor(merchantId: string): ConfigSnapshot;
  /** Called before each swap, with the new snapshot, and with that of the canary when there is one. */
  onChange(listener: (snapshot: ConfigSnapshot) => void | Promise<void>): () => void;
};
