import { createDecipheriv, createPublicKey, createSign, createVerify, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import * as z from 'zod';

const credentialsSchema = z.object({
  wechatPay: z.object({
    mchid: z.string(),
    appid: z.string(),
    apiV3Key: z.string(),
    merchantPrivateKeyPem: z.string(),
    merchantCertificatePem: z.string(),
    merchantSerial: z.string(),
    platformCertificatePem: z.string(),
    platformSerial: z.string(),
    platformPublicKeyPem: z.string(),
    publicKeyId: z.string(),
    baseUrl: z.string(),
  }),
});
export type MerchantCredentials = z.infer<typeof credentialsSchema>['wechatPay'];

/** What came back from a call, its signature already judged. */
export type MerchantReply = { status: number; json: Record<string, unknown>; genuine: boolean; serial: string | null };

/** Departures from a correct call, to see them refused. */
export type CallTweaks = {
  timestamp?: number;
  nonce?: string;
  serial?: string;
  mchid?: string;
  /** Bytes to send in place of the signed ones. */
  sendBody?: string;
  headers?: Record<string, string>;
};

const asRecord = (text: string): Record<string, unknown> =>
  text === '' ? {} : z.record(z.string(), z.unknown()).parse(JSON.parse(text));

const isGenuine = (
  headers: { get(name: string): string | null },
  body: string,
  publicKeys: Record<string, string>,
): boolean => {
  const key = publicKeys[headers.get('wechatpay-serial') ?? ''];
  if (key === undefined) return false;
  const [timestamp, nonce] = [headers.get('wechatpay-timestamp'), headers.get('wechatpay-nonce')];
  return createVerify('RSA-SHA256')
    .update(`${timestamp}\n${nonce}\n${body}\n`)
    .verify(key, headers.get('wechatpay-signature') ?? '', 'base64');
};

/** A merchant for tests, with a signer written for this purpose alone. */
export const createFakeMerchant = async (url: string) => {
  const control = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, json: asRecord(await response.text()) };
  };
  const { wechatPay: keys } = credentialsSchema.parse((await control('GET', '/control/credentials')).json);
  const publicKeys: Record<string, string> = {
    [keys.platformSerial]: createPublicKey(keys.platformCertificatePem)
      .export({ type: 'spki', format: 'pem' })
      .toString(),
    [keys.publicKeyId]: keys.platformPublicKeyPem,
  };

  const call = async (
    method: 'GET' | 'POST',
    target: string,
    body?: unknown,
    tweaks: CallTweaks = {},
  ): Promise<MerchantReply> => {
    const sent = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
    const timestamp = tweaks.timestamp ?? Math.floor(Date.now() / 1000);
    const nonce = tweaks.nonce ?? randomUUID().replaceAll('-', '');
    const signature = createSign('RSA-SHA256')
      .update(`${method}\n${target}\n${timestamp}\n${nonce}\n${sent}\n`)
      .sign(keys.merchantPrivateKeyPem, 'base64');
    const authorization = `WECHATPAY2-SHA256-RSA2048 mchid="${tweaks.mchid ?? keys.mchid}",nonce_str="${nonce}",signature="${signature}",timestamp="${timestamp}",serial_no="${tweaks.serial ?? keys.merchantSerial}"`;
    const response = await fetch(`${url}${target}`, {
      method,
      headers: {
        Accept: 'application/json',
        'Content-Type': 'application/json',
        Authorization: authorization,
        ...tweaks.headers,
      },
      ...(method === 'POST' ? { body: tweaks.sendBody ?? sent } : {}),
    });
    const text = await response.text();
    return {
      status: response.status,
      json: asRecord(text),
      genuine: isGenuine(response.headers, text, publicKeys),
      serial: response.headers.get('wechatpay-serial'),
    };
  };

  const order = (changes: Record<string, unknown> = {}) => ({
    appid: keys.appid,
    mchid: keys.mchid,
    description: 'Tea, two cups',
    out_trade_no: randomUUID().replaceAll('-', ''),
    notify_url: 'http://127.0.0.1:9/none',
    amount: { total: 100, currency: 'CNY' },
    ...changes,
  });
  const unseal = (resource: { ciphertext: string; nonce: string; associated_data: string }): string => {
    const bytes = Buffer.from(resource.ciphertext, 'base64');
    const decipher = createDecipheriv('aes-256-gcm', keys.apiV3Key, resource.nonce);
    decipher.setAuthTag(bytes.subarray(-16));
    decipher.setAAD(Buffer.from(resource.associated_data));
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('utf8');
  };

  return {
    keys,
    control,
    call,
    order,
    unseal,
    /** Places an order and returns its number. */
    place: async (product = 'native', changes: Record<string, unknown> = {}) => {
      const body = order(changes);
      const reply = await call('POST', `/v3/pay/transactions/${product}`, body);
      return { requestNo: body.out_trade_no, body, reply };
    },
    query: (requestNo: string) => call('GET', `/v3/pay/transactions/out-trade-no/${requestNo}?mchid=${keys.mchid}`),
    close: (requestNo: string) =>
      call('POST', `/v3/pay/transactions/out-trade-no/${requestNo}/close`, { mchid: keys.mchid }),
    faults: (faults: unknown) => control('POST', '/control/channels/wechat-pay/faults', faults),
    ledger: async (query: string) =>
      z
        .object({ entries: z.array(z.record(z.string(), z.unknown())) })
        .parse((await control('GET', `/control/ledger?${query}`)).json).entries,
    isGenuine: (headers: Headers, body: string) => isGenuine(headers, body, publicKeys),
  };
};
export type FakeMerchant = Awaited<ReturnType<typeof createFakeMerchant>>;

const noticeSchema = z.object({
  id: z.string(),
  event_type: z.string(),
  resource: z.object({
    ciphertext: z.string(),
    nonce: z.string(),
    associated_data: z.string(),
    original_type: z.string(),
  }),
});

/** A callback as it arrived at the merchant. */
export type ReceivedCallback = {
  id: string;
  eventType: string;
  genuine: boolean;
  fresh: boolean;
  content: Record<string, unknown>;
};

/** A merchant's callback address. `status` decides how it answers. */
export const startCallbackSink = async (merchant: () => FakeMerchant) => {
  const received: ReceivedCallback[] = [];
  const sink = { url: '', status: 200, received, close: () => Promise.resolve() };
  const server = createServer(async (message, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(Buffer.from(chunk));
    const body = Buffer.concat(chunks).toString('utf8');
    const notice = noticeSchema.parse(JSON.parse(body));
    const headers = new Headers();
    for (const [name, value] of Object.entries(message.headers)) headers.set(name, String(value));
    const genuine = merchant().isGenuine(headers, body);
    received.push({
      id: notice.id,
      eventType: notice.event_type,
      genuine,
      fresh: Math.abs(Date.now() / 1000 - Number(headers.get('wechatpay-timestamp'))) < 300,
      content: asRecord(merchant().unseal(notice.resource)),
    });
    response.writeHead(sink.status);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  sink.url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/notify`;
  sink.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return sink;
};
