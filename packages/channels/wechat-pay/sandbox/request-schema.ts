import * as z from 'zod';
import { WechatPayRefusal } from './answers.ts';

const bytes = (min: number, max: number) =>
  z.string().refine((value) => Buffer.byteLength(value) >= min && Buffer.byteLength(value) <= max, {
    error: `字节数应在${min}到${max}之间`,
  });
const notifyUrl = bytes(1, 255).regex(/^https?:\/\/([^\s/?#[\]@]+@)?([^\s/?#@:]+)(?::\d{2,5})?([^\s?#[\]]*)$/);
const outTradeNo = z.string().regex(/^[0-9a-zA-Z_\-|*]{6,32}$/);
const fen = z.int().min(1).max(10_000_000_000);
const address = z.string().min(1).max(45);
const storeInfo = z.looseObject({ id: z.string().max(32).optional(), out_id: z.string().max(32).optional() });

const common = {
  appid: z.string().min(1).max(32),
  mchid: z.string().min(1).max(32),
  description: z.string().min(1).max(127),
  out_trade_no: outTradeNo,
  /** RFC 3339 with an offset and without fractions, as documented. */
  time_expire: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})$/)
    .optional(),
  attach: bytes(0, 128).optional(),
  goods_tag: bytes(0, 32).optional(),
  support_fapiao: z.boolean().optional(),
  amount: z.strictObject({ total: fen, currency: z.literal('CNY').optional() }),
  detail: z.looseObject({}).optional(),
  settle_info: z.looseObject({ profit_sharing: z.boolean().optional() }).optional(),
};
const scene = { payer_client_ip: address, device_id: z.string().max(32).optional(), store_info: storeInfo.optional() };

const prepay = z.strictObject({ ...common, notify_url: notifyUrl, scene_info: z.strictObject(scene).optional() });

/** What each product wants when an order is placed. A member that is not documented is refused, as at the real one. */
export const placeSchemas = {
  native: prepay,
  app: prepay,
  jsapi: z.strictObject({
    ...prepay.shape,
    payer: z.strictObject({ openid: z.string().min(1).max(128) }),
  }),
  h5: z.strictObject({
    ...prepay.shape,
    scene_info: z.strictObject({
      ...scene,
      h5_info: z.strictObject({
        type: z.enum(['Wap', 'iOS', 'Android', 'IOS']),
        app_name: z.string().max(64).optional(),
        app_url: z.string().max(128).optional(),
        bundle_id: z.string().max(128).optional(),
        package_name: z.string().max(128).optional(),
      }),
    }),
  }),
  codepay: z.strictObject({
    ...common,
    notify_url: notifyUrl.optional(),
    payer: z.strictObject({ auth_code: z.string().regex(/^1[0-5]\d{16}$/) }),
    scene_info: z.strictObject({
      device_id: z.string().max(32).optional(),
      device_ip: address.optional(),
      payer_client_ip: address.optional(),
      store_info: storeInfo.optional(),
    }),
  }),
} as const;
export type Product = keyof typeof placeSchemas;

/** The members of a parsed body that decide anything, whatever the product. */
export type PlaceBody = Pick<
  z.infer<typeof prepay>,
  'appid' | 'mchid' | 'description' | 'out_trade_no' | 'time_expire' | 'attach' | 'amount'
> & {
  notify_url?: string | undefined;
  payer?: { openid?: string; auth_code?: string };
};

export const closeSchema = z.strictObject({ mchid: z.string().min(1).max(32) });
export const reverseSchema = z.strictObject({ appid: z.string().min(1).max(32), mchid: z.string().min(1).max(32) });

export const refundSchema = z.strictObject({
  transaction_id: z.string().min(1).max(32).optional(),
  out_trade_no: outTradeNo.optional(),
  out_refund_no: z.string().regex(/^[0-9a-zA-Z_\-|*@]{1,64}$/),
  reason: bytes(0, 80).optional(),
  notify_url: notifyUrl.optional(),
  funds_account: z.enum(['AVAILABLE', 'UNSETTLED']).optional(),
  amount: z.strictObject({
    refund: fen,
    total: fen,
    currency: z.literal('CNY'),
    from: z.array(z.looseObject({})).optional(),
  }),
  goods_detail: z.array(z.looseObject({})).optional(),
});

const paramError = (field: string, issue: string, value: unknown, location: 'body' | 'query') =>
  new WechatPayRefusal(400, 'PARAM_ERROR', `输入源“/${location}${field}”${issue}`, {
    location,
    field,
    issue,
    ...(value === undefined ? {} : { value }),
  });

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );

const wordsFor = (issue: z.core.$ZodIssue, value: unknown): string => {
  if (issue.code === 'unrecognized_keys') return '请求中含有未在API文档中定义的参数';
  if (value === undefined) return '必填性规则校验失败，此字段为必填项';
  if (issue.code === 'invalid_type') return `类型错误，此字段需要一个 ${issue.expected} 类型的 Json 值`;
  if (issue.code === 'too_small') return `规则校验失败，值低于最小值 ${issue.minimum}`;
  return `规则校验失败：${issue.message}`;
};

/** Parses a body strictly. @throws WechatPayRefusal that names the first bad field as a JSON pointer */
export const parseBody = <Schema extends z.ZodType>(schema: Schema, body: Buffer): z.infer<Schema> => {
  let input: unknown;
  try {
    input = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new WechatPayRefusal(400, 'PARAM_ERROR', '请求体不是合法的JSON', { location: 'body' });
  }
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  if (issue === undefined) throw paramError('', '参数错误', undefined, 'body');
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
  const value = valueAt(input, path);
  throw paramError(path.map((key) => `/${String(key)}`).join(''), wordsFor(issue, value), value, 'body');
};

/** Reads the merchant number that queries must carry. */
export const requireMchid = (query: URLSearchParams, mchid: string): void => {
  const given = query.get('mchid');
  if (given === null || given === '')
    throw paramError('/mchid', '必填性规则校验失败，此字段为必填项', undefined, 'query');
  if (given !== mchid) throw paramError('/mchid', '商户号与签名商户号不一致', given, 'query');
};
