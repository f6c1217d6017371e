import { useState, type ReactNode } from "react";

interface Props {
  summary: ReactNode;
  className?: string;
  children: () => ReactNode;
}

/** What is there to unfold; it is made when somebody unfolds it. */
export function Details({ summary, className, children }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <details className={className} onToggle={(event) => setOpen(event.currentTarget.open)}>
      {summary}
      {open && children()}
    </details>
  );
}
