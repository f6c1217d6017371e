import { Dialog } from "./dialog";

const KEYS: [string, string][] = [
  ["Ctrl K or ⌘K, /", "Find a flow, run, deployment or pool"],
  ["j", "Show what is looked at as JSON"],
  ["f", "Add a filter (Runs)"],
  ["n", "Show the new rows (Runs)"],
  ["x", "Choose the row that has the focus (Runs)"],
  ["1 … 6", "Go to a tab (a run)"],
  ["?", "Show this"],
  ["Esc", "Close"],
];

export default function Keys({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl className="grid grid-cols-[140px_1fr] gap-y-2 text-sm">
        {KEYS.map(([key, meaning]) => (
          <div key={key} className="contents">
            <dt>
              <kbd className="font-mono text-xs">{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
