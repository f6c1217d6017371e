import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { BASE } from "./api/client";
import { Frame } from "./frame";
import { Failure } from "./parts/notice";
import { NotFound } from "./parts/not-found";

/** The paths are those that Prefect's SDK and CLI print, and that people have bookmarked. Each page is a chunk. */

type Search = Record<string, unknown>;
type Loader = () => Promise<{ default: React.ComponentType }>;

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound });

/** The address holds whatever a page puts there; each page reads its own part, and takes nothing for granted. */
const validateSearch = (search: Search) => search;

function pageAt(path: string, load: Loader) {
  return createRoute({ getParentRoute: () => root, path, validateSearch, component: lazyRouteComponent(load) });
}

function moved(path: string, to: (params: Record<string, string>) => string) {
  return createRoute({
    getParentRoute: () => root,
    path,
    beforeLoad: ({ params }) => {
      throw redirect({ to: to(params as Record<string, string>) });
    },
  });
}

const routes = [
  pageAt("/", () => import("./pages/home")),
  moved("/dashboard", () => "/"),
  pageAt("/runs", () => import("./pages/runs")),
  moved("/flow-runs", () => "/runs"),
  pageAt("/runs/flow-run/$id", () => import("./pages/flow-run")),
  moved("/flow-runs/flow-run/$id", ({ id }) => `/runs/flow-run/${id}`),
  pageAt("/runs/task-run/$id", () => import("./pages/task-run")),
  moved("/flow-runs/task-run/$id", ({ id }) => `/runs/task-run/${id}`),
  moved("/task-runs/task-run/$id", ({ id }) => `/runs/task-run/${id}`),
  pageAt("/flows", () => import("./pages/flows")),
  pageAt("/flows/flow/$id", () => import("./pages/flows/flow")),
  pageAt("/deployments", () => import("./pages/deployments")),
  pageAt("/deployments/deployment/$id", () => import("./pages/deployments/deployment")),
  pageAt("/work-pools", () => import("./pages/work-pools")),
  pageAt("/work-pools/work-pool/$name", () => import("./pages/work-pools/pool")),
  pageAt("/concurrency-limits", () => import("./pages/limits")),
  pageAt("/concurrency-limits/concurrency-limit/$id", () => import("./pages/limits/limit")),
  pageAt("/variables", () => import("./pages/variables")),
  pageAt("/blocks", () => import("./pages/blocks")),
  moved("/blocks/block/$id", ({ id }) => `/blocks?block=${id}`),
  pageAt("/artifacts", () => import("./pages/artifacts")),
  pageAt("/artifacts/key/$key", () => import("./pages/artifacts/versions")),
  pageAt("/artifacts/artifact/$id", () => import("./pages/artifacts/versions")),
  pageAt("/automations", () => import("./pages/automations")),
  pageAt("/automations/automation/$id", () => import("./pages/automations/automation")),
  pageAt("/events", () => import("./pages/events")),
  pageAt("/settings", () => import("./pages/server")),
  pageAt("/login", () => import("./pages/login")),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  basepath: BASE || "/",
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultErrorComponent: ({ error, reset }) => <Failure error={error} onRetry={reset} />,
});
