/** Channels of the bus and what their messages mean. */
export type BusChannel =
  | 'tributary_config'
  | 'tributary_live'
  | 'tributary_lists'
  | 'tributary_accounts'
  | 'tributary_shards';

/** Fire-and-forget messages to every node (hot reload, live feed). Losing one is harmless: receivers also poll. */
export type Bus = {
  publish(channel: BusChannel, message: string): Promise<void>;
  /** Calls `listener` for each message; `onReconnect` after messages may have been missed. */
  subscribe(
    channel: BusChannel,
    listener: (message: string) => void,
    onReconnect?: () => void,
  ): Promise<() => Promise<void>>;
  close(): Promise<void>;
};
