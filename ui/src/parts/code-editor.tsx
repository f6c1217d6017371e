import { closeBrackets } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { bracketMatching, foldGutter, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { linter } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";

const highlight = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent)" },
  { tag: tags.string, color: "var(--state-completed)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--state-crashed)" },
]);

const look = EditorView.theme({
  "&": { fontSize: "12px", backgroundColor: "var(--surface)", color: "var(--text)" },
  ".cm-content": { fontFamily: "var(--font-mono)", caretColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--faint)", border: "none" },
  ".cm-cursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused": { outline: "2px solid var(--accent)" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": { backgroundColor: "var(--accent-soft) !important" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", borderColor: "var(--line-strong)" },
});

interface Props {
  value: string;
  onChange?: (value: string) => void;
  label: string;
  className?: string;
}

export default function CodeEditor({ value, onChange, label, className }: Props) {
  const ref = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const current = useRef(value);
  current.current = value;
  // What was written and may still come back as a value, later than what was written since.
  const written = useRef(new Set<string>());
  const change = useRef(onChange);
  change.current = onChange;

  useEffect(() => {
    const extensions = [
      lineNumbers(),
      foldGutter(),
      history(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      syntaxHighlighting(highlight),
      json(),
      linter(jsonParseLinter()),
      look,
      keymap.of([...defaultKeymap, ...historyKeymap]),
      EditorView.contentAttributes.of({ "aria-label": label }),
      EditorState.readOnly.of(!change.current),
      EditorView.updateListener.of((update) => {
        if (!update.docChanged) return;
        const text = update.state.doc.toString();
        written.current.add(text);
        change.current?.(text);
      }),
    ];
    if (!ref.current) return;
    // In a shadow root the editor adopts its style sheets; elsewhere it would write inline ones, which are not allowed.
    const root = ref.current.shadowRoot ?? ref.current.attachShadow({ mode: "open" });
    const state = EditorState.create({ doc: current.current, extensions });
    view.current = new EditorView({ parent: root, root, state });
    return () => view.current?.destroy();
  }, [label]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    if (editor.state.doc.toString() === value) written.current.clear();
    else if (!written.current.has(value)) editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  return <div ref={ref} className={className ?? "max-h-[50vh] overflow-auto rounded border border-line"} />;
}
