import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moveRule, readDocument } from './document.ts';
import { type Edit, edit, startEditing } from './editing.ts';
import { paramsByEvent } from './event-params.ts';

const document = {
  rules: [
    { id: 'a', priority: 2, unknown: [1] },
    { id: 'b', priority: 1 },
  ],
};
const run = (...actions: Edit[]) => actions.reduce(edit, startEditing(document));

describe('editing one model in three ways', () => {
  it('loses nothing by switching: the text of an edit is the document, spaces and all until an edit', () => {
    const spaced = `  ${JSON.stringify(document)}\n`;
    const typed = run({ type: 'text', text: spaced });
    expect(typed.document).toEqual(document);
    expect(typed.text).toBe(spaced);
    const moved = edit(typed, { type: 'document', document: moveRule(typed.document, 1, 0) });
    expect(readDocument(moved.text)).toEqual({ ok: true, document: moved.document });
    expect(moved.document.rules).toContain(typed.document.rules[0]);
  });

  it('keeps broken text, holds the last good document beside it, and lets neither table nor form overwrite it', () => {
    const broken = run({ type: 'text', text: '{ "rules": [' });
    expect(broken.broken).toBeDefined();
    expect(broken.document).toEqual(document);
    const ignored = edit(broken, { type: 'document', document: { rules: [] } });
    expect(ignored.text).toBe('{ "rules": [');
    expect(edit(broken, { type: 'text', text: '{ "rules": [] }' })).toMatchObject({ document: { rules: [] } });
    expect(edit(broken, { type: 'text', text: '{ "rules": [] }' }).broken).toBeUndefined();
    const mended = edit(broken, { type: 'mend' });
    expect(mended.broken).toBeUndefined();
    expect(JSON.parse(mended.text)).toEqual(document);
  });

  it('undoes and redoes to the letter', () => {
    const actions: fc.Arbitrary<Edit> = fc.oneof(
      fc
        .constantFrom('{', '{"rules":[]}', ' {"rules":[]}', '{"rules":[{}]}')
        .map((text) => ({ type: 'text', text }) as const),
      fc.constantFrom({ rules: [] }, document).map((one) => ({ type: 'document', document: { ...one } }) as const),
    );
    fc.assert(
      fc.property(fc.array(actions, { maxLength: 12 }), (list) => {
        const end = list.reduce(edit, startEditing(document));
        let state = end;
        while (state.past.length > 0) state = edit(state, { type: 'undo' });
        expect(state.text).toBe(startEditing(document).text);
        while (state.future.length > 0) state = edit(state, { type: 'redo' });
        expect(state.text).toBe(end.text);
        expect(state.document).toEqual(end.document);
      }),
    );
  });
});

describe('parameters of events', () => {
  it('are read from the schema, through references', () => {
    const schema = {
      $defs: { code: { enum: ['x', 'y'], type: 'string' } },
      properties: {
        rules: {
          items: {
            properties: {
              event: {
                anyOf: [
                  {
                    properties: {
                      type: { const: 'reject' },
                      params: { properties: { code: { $ref: '#/$defs/code' }, message: { type: 'string' } } },
                    },
                  },
                  {
                    properties: {
                      type: { const: 'setPriority' },
                      params: { properties: { priority: { type: 'integer' } }, required: ['priority'] },
                    },
                  },
                ],
              },
            },
          },
        },
      },
    };
    const found = paramsByEvent(schema);
    expect(found.get('reject')).toEqual([
      { key: 'code', type: 'string', required: false, options: ['x', 'y'] },
      { key: 'message', type: 'string', required: false, options: [] },
    ]);
    expect(found.get('setPriority')?.[0]).toMatchObject({ type: 'integer', required: true });
    expect(paramsByEvent(null).size).toBe(0);
    expect(paramsByEvent({}).size).toBe(0);
  });
});
