import { type RuleDocument, readDocument, writeDocument } from './document.ts';

/** How far back "undo" goes. */
const kept = 100;

/**
 * What is being edited. The text is what would be saved; the document is its last state that was one. While the text is
 * broken, table and form show that last document and change nothing.
 */
export type Editing = {
  readonly text: string;
  readonly document: RuleDocument;
  readonly broken?: { readonly message: string; readonly line?: number };
  /** Texts before this one, the latest last, and those taken back, the next last. */
  readonly past: readonly string[];
  readonly future: readonly string[];
};

export type Edit =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'document'; readonly document: RuleDocument }
  | { readonly type: 'undo' | 'redo' | 'mend' }
  | { readonly type: 'start'; readonly document: RuleDocument };

export const startEditing = (document: RuleDocument): Editing => ({
  text: writeDocument(document),
  document,
  past: [],
  future: [],
});

function withText(state: Editing, text: string): Editing {
  const { broken: _, ...rest } = state;
  const read = readDocument(text);
  if (read.ok) return { ...rest, text, document: read.document };
  return {
    ...rest,
    text,
    broken: { message: read.message, ...(read.line === undefined ? {} : { line: read.line }) },
  };
}

/** Pure: the next state of the editor. */
export function edit(state: Editing, action: Edit): Editing {
  const { past, future, text } = state;
  switch (action.type) {
    case 'start':
      return startEditing(action.document);
    case 'text': {
      if (action.text === text) return state;
      // Typing has its own undo in the text editor; a good text after a good one is one step of ours.
      const next = withText(state, action.text);
      return state.broken ? { ...next, future: [] } : { ...next, past: [...past, text].slice(-kept), future: [] };
    }
    case 'document': {
      if (state.broken || action.document === state.document) return state;
      return {
        text: writeDocument(action.document),
        document: action.document,
        past: [...past, text].slice(-kept),
        future: [],
      };
    }
    case 'undo': {
      const before = past.at(-1);
      if (before === undefined) return state;
      return { ...withText(state, before), past: past.slice(0, -1), future: [...future, text] };
    }
    case 'redo': {
      const after = future.at(-1);
      if (after === undefined) return state;
      return { ...withText(state, after), past: [...past, text], future: future.slice(0, -1) };
    }
    case 'mend':
      return state.broken ? withText(state, writeDocument(state.document)) : state;
  }
}
