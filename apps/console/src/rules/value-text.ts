import { parseYuan, yuan } from '../lib/format.ts';
import { isObject, type Json } from './document.ts';
import { type Fact, factLabel, inputOf, takesList, type Vocabulary } from './facts.ts';

export type Parsed =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly problem: 'number' | 'amount' | 'boolean' };

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  '1': true,
  是: true,
  false: false,
  no: false,
  '0': false,
  否: false,
};

function parseOne(text: string, fact: Fact | undefined): Parsed {
  const input = inputOf(fact);
  if (input === 'text') return { ok: true, value: text };
  if (input === 'boolean') {
    const value = truths[text.toLowerCase()];
    return value === undefined ? { ok: false, problem: 'boolean' } : { ok: true, value };
  }
  if (input === 'amount') {
    // Spreadsheets bring currency signs and thousands separators along.
    const value = parseYuan(text.replace(/^[¥￥]/, '').replace(/,(?=\d{3}(\D|$))/g, ''));
    return value === undefined ? { ok: false, problem: 'amount' } : { ok: true, value };
  }
  const plain = text.replace(/,(?=\d{3}(\D|$))/g, '');
  return /^-?\d{1,15}$/.test(plain) ? { ok: true, value: Number(plain) } : { ok: false, problem: 'number' };
}

/** Text of a cell as a value of a fact: amounts are typed in yuan and kept in fen, lists are parted by spaces or `;`. */
export function parseValue(text: string, fact: Fact | undefined, operator: string): Parsed {
  if (!takesList(operator)) return parseOne(text.trim(), fact);
  const values: Json[] = [];
  const parts = text.split(inputOf(fact) === 'text' ? /[\s,，、;；|]+/ : /[\s，、;；|]+|,(?!\d{3}(\D|$))/);
  for (const part of parts) {
    if (!part) continue;
    const parsed = parseOne(part, fact);
    if (!parsed.ok) return parsed;
    if (!values.includes(parsed.value)) values.push(parsed.value);
  }
  return { ok: true, value: values };
}

/** A value as the text of its input; undefined for what no input can hold, such as a reference to another fact. */
export function valueText(value: Json | undefined, fact: Fact | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) {
    const texts = (value as readonly Json[]).map((item) => (Array.isArray(item) ? undefined : valueText(item, fact)));
    return texts.some((text) => text === undefined || /[\s,，、;；|]/.test(text) || text === '')
      ? undefined
      : texts.join('; ');
  }
  if (isObject(value)) return undefined;
  const input = inputOf(fact);
  if (input === 'amount') return typeof value === 'number' && Number.isSafeInteger(value) ? yuan(value) : undefined;
  if (input === 'number') return typeof value === 'number' ? String(value) : undefined;
  if (input === 'boolean') return typeof value === 'boolean' ? String(value) : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** A value as people read it: names for chosen values, yuan for fen. */
export function sayValue(value: Json | undefined, name: string, vocabulary: Vocabulary): string {
  const zh = vocabulary.locale === 'zh';
  if (value === undefined || value === null) return zh ? '空' : 'nothing';
  if (Array.isArray(value)) {
    const items = value as readonly Json[];
    const shown = items.slice(0, 5).map((item) => sayValue(item, name, vocabulary));
    const rest = items.length > 5 ? (zh ? ` 等 ${items.length} 项` : ` … ${items.length} in all`) : '';
    return `${shown.join(zh ? '、' : ', ')}${rest}`;
  }
  if (isObject(value)) return typeof value.fact === 'string' ? factLabel(value.fact, vocabulary) : '{…}';
  const fact = vocabulary.facts.get(name);
  if (typeof value === 'boolean') return zh ? (value ? '是' : '否') : value ? 'yes' : 'no';
  const chosen = vocabulary.choices.get(name)?.find((one) => one.value === value);
  if (chosen) return chosen.label;
  if (typeof value === 'number' && fact && inputOf(fact) === 'amount' && Number.isSafeInteger(value))
    return `${value < 0 ? '−' : ''}¥${yuan(value).replace(/\B(?=(\d{3})+\.)/g, ',')}`;
  return String(value);
}
