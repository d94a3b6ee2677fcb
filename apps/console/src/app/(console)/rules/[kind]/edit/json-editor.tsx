'use client';

import { autocompletion, type Completion, type CompletionContext } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import {
  bracketMatching,
  foldGutter,
  HighlightStyle,
  indentOnInput,
  syntaxHighlighting,
  syntaxTree,
} from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'react';

type Issue = { path: string; message: string; severity: string };
type Completions = { facts: { name: string; info: string }[]; events: string[] };

const operators = [
  'equal',
  'notEqual',
  'in',
  'notIn',
  'contains',
  'doesNotContain',
  'lessThan',
  'lessThanInclusive',
  'greaterThan',
  'greaterThanInclusive',
  'startsWith',
  'startsWithAny',
];

// The page's own colours, so that both themes keep their contrast.
const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: 'var(--processing)' },
  { tag: tags.string, color: 'var(--success)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--blocked)' },
  { tag: [tags.brace, tags.squareBracket, tags.separator], color: 'var(--muted)' },
]);

const theme = EditorView.theme({
  '&': {
    fontSize: '12px',
    border: '1px solid var(--edge)',
    borderRadius: '6px',
    backgroundColor: 'var(--bg)',
    color: 'var(--fg)',
  },
  '.cm-content': { fontFamily: 'var(--font-mono)', caretColor: 'var(--fg)' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--subtle)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--primary) 8%, transparent)' },
  '.cm-cursor': { borderLeftColor: 'var(--fg)' },
  '&.cm-focused': { outline: '2px solid var(--primary)' },
  '.cm-tooltip': { backgroundColor: 'var(--surface)', color: 'var(--fg)', border: '1px solid var(--hairline)' },
  '.cm-scroller': { maxHeight: '70vh', overflow: 'auto' },
});

/** A JSON editor that marks the engine's findings where they are and completes facts, operators and events. */
export function JsonEditor({
  value,
  onChange,
  issues,
  label,
  completions,
}: {
  value: string;
  onChange: (text: string) => void;
  issues: Issue[];
  label: string;
  completions: Completions;
}) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef({ onChange, completions });
  latest.current = { onChange, completions };
  const start = useRef(value);

  useEffect(() => {
    if (!place.current) return;
    const editor = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: start.current,
        extensions: [
          lineNumbers(),
          foldGutter(),
          lintGutter(),
          history(),
          indentOnInput(),
          bracketMatching(),
          highlightActiveLine(),
          syntaxHighlighting(colours),
          json(),
          autocompletion({ override: [(context) => complete(context, latest.current.completions)] }),
          keymap.of([...defaultKeymap, ...historyKeymap, indentWithTab]),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': label }),
          EditorView.updateListener.of(
            (update) => update.docChanged && latest.current.onChange(update.state.doc.toString()),
          ),
          theme,
        ],
      }),
    });
    view.current = editor;
    // It scrolls by itself, so it must be reachable by keyboard.
    editor.scrollDOM.tabIndex = 0;
    return () => editor.destroy();
  }, [label]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const marks = issues.map(
      (issue): Diagnostic => ({
        ...rangeOf(editor.state, issue.path),
        severity: issue.severity === 'error' ? 'error' : 'warning',
        message: issue.message,
      }),
    );
    editor.dispatch(setDiagnostics(editor.state, marks));
  }, [issues]);

  return <div ref={place} />;
}

/** Where a JSON pointer leads in the text; the first line when it leads nowhere. */
function rangeOf(state: EditorState, path: string): { from: number; to: number } {
  let node = syntaxTree(state).topNode.firstChild;
  for (const part of path
    .split('/')
    .slice(1)
    .map((one) => one.replaceAll('~1', '/').replaceAll('~0', '~'))) {
    if (!node) break;
    if (node.name === 'Array') {
      const items = [];
      for (let child = node.firstChild; child; child = child.nextSibling)
        if (!/^[[\],⚠]$/.test(child.name)) items.push(child);
      node = items[Number(part)] ?? null;
    } else if (node.name === 'Object') {
      const property = node.getChildren('Property').find((one) => {
        const name = one.getChild('PropertyName');
        return name && state.sliceDoc(name.from + 1, name.to - 1) === part;
      });
      node = property?.lastChild ?? null;
    } else node = null;
  }
  if (!node) return { from: 0, to: Math.min(state.doc.length, state.doc.line(1).to) };
  return { from: node.from, to: Math.min(node.to, state.doc.lineAt(node.from).to) };
}

function complete(context: CompletionContext, { facts, events }: Completions) {
  const word = context.matchBefore(/"(fact|operator|type)"\s*:\s*"?[A-Za-z]*/);
  if (!word) return null;
  const key = /"(fact|operator|type)"/.exec(word.text)?.[1];
  const typed = /"?([A-Za-z]*)$/.exec(word.text.slice(word.text.indexOf(':')))?.[0] ?? '';
  const quoted = typed.startsWith('"');
  const option = (label: string, info?: string): Completion => ({
    label,
    ...(info ? { info } : {}),
    apply: quoted ? label : `"${label}"`,
  });
  const options =
    key === 'fact'
      ? facts.map(({ name, info }) => option(name, info))
      : key === 'operator'
        ? operators.map((name) => option(name))
        : events.map((name) => option(name));
  return { from: context.pos - (quoted ? typed.length - 1 : typed.length), options, validFor: /^"?[A-Za-z]*$/ };
}
