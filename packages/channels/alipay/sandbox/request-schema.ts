import * as z from 'zod';
import { refusal } from './answers.ts';
import type { Parameters } from './gateway.ts';

/** Yuan with at most two decimals. The real one takes JSON numbers and whole yuan, too. */
const yuan = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^\d{1,9}(\.\d{1,2})?$/, { error: '金额格式错误' }))
  .transform((text) => {
    const [whole = '0', fraction = ''] = text.split('.');
    return Number(whole) * 100 + Number(fraction.padEnd(2, '0'));
  })
  .pipe(z.int().min(1, { error: '金额不能小于0.01' }).max(10_000_000_000, { error: '金额超限' }));
const outTradeNo = z.string().regex(/^[0-9A-Za-z_]{1,64}$/);
const tradeNo = z.string().min(1).max(64);
const plainText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^/=&]*$/);
const beijingTime = z.string().regex(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}(:\d{2})?$/);

const common = {
  out_trade_no: outTradeNo,
  total_amount: yuan,
  subject: plainText(256),
  body: z.string().max(128).optional(),
  time_expire: beijingTime.optional(),
  timeout_express: z
    .string()
    .regex(/^[1-9]\d{0,4}[mhd]$|^1c$/)
    .optional(),
  goods_detail: z.array(z.looseObject({})).optional(),
  extend_params: z.looseObject({}).optional(),
  passback_params: z.string().max(512).optional(),
  seller_id: z.string().max(28).optional(),
  store_id: z.string().max(32).optional(),
  operator_id: z.string().max(28).optional(),
  terminal_id: z.string().max(32).optional(),
  merchant_order_no: z.string().max(32).optional(),
  query_options: z.array(z.string()).optional(),
};
const productCode = <Code extends string>(code: Code) => z.literal(code);

/**
 * What each way to place an order wants. A member that is not listed is refused: the real one passes over it in
 * silence, where a misspelt one would go unnoticed.
 */
export const placeSchemas = {
  native: z.strictObject({ ...common, product_code: productCode('FACE_TO_FACE_PAYMENT').optional() }),
  codepay: z.strictObject({
    ...common,
    product_code: productCode('FACE_TO_FACE_PAYMENT').optional(),
    scene: z.enum(['bar_code', 'security_code']),
    auth_code: z.string().regex(/^(2[5-9]|30)\d{14,22}$/, { error: '付款码格式错误' }),
  }),
  jsapi: z
    .strictObject({
      ...common,
      product_code: productCode('JSAPI_PAY'),
      op_app_id: z.string().max(32),
      op_buyer_open_id: z.string().max(128).optional(),
      buyer_id: z
        .string()
        .regex(/^2088\d{12}$/)
        .optional(),
      buyer_open_id: z.string().min(1).max(128).optional(),
    })
    .refine((body) => body.buyer_id !== undefined || body.buyer_open_id !== undefined, { error: '买家不能为空' }),
  h5: z.strictObject({
    ...common,
    product_code: productCode('QUICK_WAP_WAY'),
    quit_url: z.string().max(400).optional(),
  }),
  page: z.strictObject({
    ...common,
    product_code: productCode('FAST_INSTANT_TRADE_PAY'),
    qr_pay_mode: z.string().max(2).optional(),
    qrcode_width: z.union([z.string(), z.number()]).optional(),
    integration_type: z.string().max(16).optional(),
  }),
  app: z.strictObject({ ...common, product_code: productCode('QUICK_MSECURITY_PAY').optional() }),
} as const;
export type Product = keyof typeof placeSchemas;
/** The members of a parsed order that decide anything, whatever the product. */
export type PlaceBody = Pick<
  z.infer<(typeof placeSchemas)['native']>,
  'out_trade_no' | 'total_amount' | 'subject' | 'time_expire' | 'timeout_express' | 'passback_params' | 'seller_id'
> & { auth_code?: string; buyer_id?: string | undefined; buyer_open_id?: string | undefined };

const named = { out_trade_no: outTradeNo.optional(), trade_no: tradeNo.optional() };
const isNamed = (body: { out_trade_no?: string | undefined; trade_no?: string | undefined }) =>
  body.out_trade_no !== undefined || body.trade_no !== undefined;
const nameless = { error: 'out_trade_no和trade_no不能同时为空' };
const queryOptions = z.array(z.string()).optional();

export const querySchema = z.strictObject({ ...named, query_options: queryOptions }).refine(isNamed, nameless);
export const closeSchema = z
  .strictObject({ ...named, operator_id: z.string().max(28).optional(), notify_url: z.string().optional() })
  .refine(isNamed, nameless);
export const refundSchema = z
  .strictObject({
    ...named,
    refund_amount: yuan,
    out_request_no: z.string().min(1).max(64).optional(),
    refund_reason: z.string().max(256).optional(),
    query_options: queryOptions,
  })
  .refine(isNamed, nameless);
export const refundQuerySchema = z
  .strictObject({ ...named, out_request_no: z.string().min(1).max(64), query_options: queryOptions })
  .refine(isNamed, nameless);

/** Parses `biz_content` strictly. @throws AlipayRefusal that names the first bad member */
export const parseContent = <Schema extends z.ZodType>(schema: Schema, parameters: Parameters): z.infer<Schema> => {
  let input: unknown;
  try {
    input = JSON.parse(parameters.get('biz_content') ?? '');
  } catch {
    throw refusal('ACQ.INVALID_PARAMETER', 'biz_content不是合法的JSON');
  }
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : (issue?.path ?? []);
  throw refusal('ACQ.INVALID_PARAMETER', `参数无效：${path.map(String).join('.')} ${issue?.message ?? ''}`.trim());
};
