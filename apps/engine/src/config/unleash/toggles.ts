import type { Unleash } from 'unleash-client';
import type { LoadedConfig } from '../load-config.ts';
import type { ConfigSnapshot } from '../snapshot.ts';

/** A toggle as Unleash defines it. */
export type Toggle = NonNullable<ReturnType<Unleash['getFeatureToggleDefinition']>>;

/** The names that we look at in Unleash; every other toggle is somebody else's. */
export const rulesToggle = (kind: 'risk' | 'routing') => `tributary.rules.${kind}`;
const switches = {
  channels: 'tributary.channel.',
  services: 'tributary.service.',
  features: 'tributary.feature.',
} as const;

/** What is switched off: a toggle that exists and is off in its environment. A toggle that does not exist says nothing. */
export type SwitchedOff = {
  channels: ReadonlySet<string>;
  services: ReadonlySet<string>;
  features: ReadonlySet<string>;
};

export const nothingOff: SwitchedOff = { channels: new Set(), services: new Set(), features: new Set() };

/** The toggles of ours. */
export const isOurs = (name: string): boolean => name.startsWith('tributary.');

export function switchedOff(features: readonly Pick<Toggle, 'name' | 'enabled'>[]): SwitchedOff {
  const offOf = (prefix: string) =>
    new Set(
      features.flatMap(({ name, enabled }) => (!enabled && name.startsWith(prefix) ? [name.slice(prefix.length)] : [])),
    );
  return {
    channels: offOf(switches.channels),
    services: offOf(switches.services),
    features: offOf(switches.features),
  };
}

/** One text for one state of switches. */
export const switchesKey = ({ channels, services, features }: SwitchedOff): string =>
  [channels, services, features].map((set) => [...set].sort().join()).join('|');

/** Switches off in both arms of a configuration. A switch can only take away: it turns on nothing that is off here. */
export function withSwitches(loaded: LoadedConfig, off: SwitchedOff): LoadedConfig {
  if (off.channels.size + off.services.size + off.features.size === 0) return loaded;
  const over = (snapshot: ConfigSnapshot): ConfigSnapshot => ({
    ...snapshot,
    channels: new Map(
      [...snapshot.channels].map(([id, channel]) => [
        id,
        off.channels.has(id) ? { ...channel, enabled: false } : channel,
      ]),
    ),
    services: new Map(
      [...snapshot.services].map(([id, service]) => [
        id,
        off.services.has(id) ? { ...service, enabled: false } : service,
      ]),
    ),
    featuresOff: off.features,
  });
  return {
    ...loaded,
    all: over(loaded.all),
    canary: loaded.canary && { ...loaded.canary, snapshot: over(loaded.canary.snapshot) },
  };
}
