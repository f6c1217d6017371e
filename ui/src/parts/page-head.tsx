import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

interface Props {
  title: ReactNode;
  /** Where the list is that the object of this page belongs to. */
  up?: [path: string, name: string];
  children?: ReactNode;
}

/** What a page is about, and what can be done there. */
export function PageHead({ title, up, children }: Props) {
  return (
    <div className="flex flex-wrap items-center gap-2">
      <div className="mr-auto min-w-0">
        {up && (
          <Link to={up[0]} className="text-xs text-muted">
            {up[1]} /
          </Link>
        )}
        <h1 className="truncate">{title}</h1>
      </div>
      {children}
    </div>
  );
}

export const PageBody = ({ children }: { children: ReactNode }) => <div className="mx-auto flex max-w-[1400px] flex-col gap-4 p-4">{children}</div>;

interface SectionProps {
  title: string;
  note?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Section({ title, note, actions, children }: SectionProps) {
  return (
    <section className="panel" aria-label={title}>
      <header className="panel-head">
        <h2>{title}</h2>
        {note && <span className="min-w-0 truncate text-sm text-muted">{note}</span>}
        {actions && <span className="ml-auto flex items-center gap-2">{actions}</span>}
      </header>
      {children}
    </section>
  );
}

/** Names and values, one below the other. */
export function Facts({ facts }: { facts: [name: string, value: ReactNode][] }) {
  return (
    <dl className="grid grid-cols-[minmax(96px,auto)_1fr] gap-x-4 gap-y-1 p-3 text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 break-words">{value ?? <span className="text-faint">–</span>}</dd>
        </div>
      ))}
    </dl>
  );
}
