import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { useKeys } from "./lib/hooks";
import { theme, zone } from "./lib/settings";
import { zoneName } from "./lib/time";
import { Icon, type IconName } from "./parts/icon";
import { Loading } from "./parts/notice";

const Palette = lazy(() => import("./parts/palette"));
const Keys = lazy(() => import("./parts/keys"));

/** The pages of the sidebar. */
const PAGES: [path: string, name: string, icon: IconName][] = [
  ["/", "Home", "home"],
  ["/runs", "Runs", "runs"],
  ["/flows", "Flows", "flows"],
  ["/deployments", "Deployments", "deployments"],
  ["/work-pools", "Work pools", "pools"],
  ["/concurrency-limits", "Limits", "limits"],
  ["/variables", "Variables", "variables"],
  ["/blocks", "Blocks", "blocks"],
  ["/artifacts", "Artifacts", "artifacts"],
  ["/automations", "Automations", "automations"],
  ["/events", "Events", "events"],
  ["/settings", "Server", "server"],
];

const isMac = navigator.platform.startsWith("Mac");

function Navigation() {
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (
    <nav aria-label="Pages" className="flex shrink-0 overflow-x-auto border-line bg-surface max-nav:border-b nav:w-[176px] nav:flex-col nav:border-r nav:py-2">
      <Link to="/" className="hidden items-center gap-2 px-4 pt-1 pb-3 text-lg font-semibold nav:flex">
        <img src="icon.svg" alt="" className="size-5" />
        Lictor
      </Link>
      {PAGES.map(([to, name, icon]) => {
        const active = to === "/" ? path === "/" : path.startsWith(to);
        const look = active ? "bg-soft font-medium text-text" : "text-muted hover:bg-hover";
        return (
          <Link key={to} to={to} aria-current={active ? "page" : undefined} className={`flex h-8 shrink-0 items-center gap-2 px-3 text-sm nav:mx-2 nav:rounded nav:px-2 ${look}`}>
            <Icon name={icon} />
            {name}
          </Link>
        );
      })}
    </nav>
  );
}

function Switches() {
  const chosenTheme = theme.use();
  const chosenZone = zone.use();
  const next = { system: "light", light: "dark", dark: "system" } as const;
  const icons = { system: "contrast", light: "sun", dark: "moon" } as const;
  return (
    <>
      <button type="button" className="button button-quiet px-1.5" aria-label={`Theme: ${chosenTheme}`} title={`Theme: ${chosenTheme}`} onClick={() => theme.set(next[chosenTheme])}>
        <Icon name={icons[chosenTheme]} />
      </button>
      <button
        type="button"
        className="button button-quiet px-1.5"
        title="Time zone of all times: local or UTC"
        aria-label={`Time zone: ${zoneName(chosenZone)}`}
        onClick={() => zone.set(chosenZone === "UTC" ? "local" : "UTC")}
      >
        {chosenZone === "UTC" ? "UTC" : "Local"}
      </button>
    </>
  );
}

/** What is around every page: where one can go, the palette, how times and colours are shown. */
export function Frame() {
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  const navigate = useNavigate();
  const path = useRouterState({ select: (state) => state.location.pathname });

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === "k" && (event.metaKey || event.ctrlKey)) {
        event.preventDefault();
        setPalette((open) => !open);
      }
    };
    const login = () => {
      const { pathname, search } = window.location;
      if (!pathname.endsWith("/login")) void navigate({ to: "/login", search: { next: pathname + search } as never, replace: true });
    };
    window.addEventListener("keydown", press);
    window.addEventListener("lictor-unauthorized", login);
    return () => {
      window.removeEventListener("keydown", press);
      window.removeEventListener("lictor-unauthorized", login);
    };
  }, [navigate]);
  useEffect(() => setPalette(false), [path]);
  useKeys({ "/": () => setPalette(true), "?": () => setHelp(true) });

  if (path === "/login") return <Outlet />;
  return (
    <div className="flex h-full flex-col nav:flex-row">
      <a href="#content" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-surface focus:p-2">
        Skip to the content
      </a>
      <Navigation />
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <header className="flex h-10 shrink-0 items-center gap-1 border-b border-line bg-surface px-3">
          <button type="button" className="button mr-auto w-[260px] min-w-0 justify-start text-faint" onClick={() => setPalette(true)}>
            <Icon name="search" />
            <span className="truncate">Find by name or id</span>
            <kbd className="ml-auto hidden font-sans text-xs nav:block">{isMac ? "⌘K" : "Ctrl K"}</kbd>
          </button>
          <Switches />
          <button type="button" className="button button-quiet px-2" aria-label="Keyboard" title="Keyboard (?)" onClick={() => setHelp(true)}>
            ?
          </button>
        </header>
        <main id="content" tabIndex={-1} className="min-h-0 flex-1 overflow-auto outline-none">
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <Suspense>
        {palette && <Palette onClose={() => setPalette(false)} />}
        {help && <Keys onClose={() => setHelp(false)} />}
      </Suspense>
    </div>
  );
}
