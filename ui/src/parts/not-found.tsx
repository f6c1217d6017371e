import { Link, useRouterState } from "@tanstack/react-router";
import { Empty } from "./notice";

export function NotFound() {
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (
    <Empty title="There is no page here.">
      <code className="font-mono text-xs break-all">{path}</code>
      <Link to="/" className="link">
        Go home
      </Link>
    </Empty>
  );
}
