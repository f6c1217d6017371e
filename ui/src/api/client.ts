/** The one way to the API: below the pages' own base, with CSRF tokens where the server asks for them. */

const relative = document.querySelector<HTMLMetaElement>('meta[name="lictor-api"]')?.content ?? "api";

/** Where the API stands, with a slash at its end. */
export const API = new URL(`${relative.replace(/\/$/, "")}/`, document.baseURI).href;

/** Where the pages stand. */
export const BASE = new URL(document.baseURI).pathname.replace(/\/$/, "");

const NEXT_CURSOR = "X-Lictor-Next-Cursor";

/** What the server answered instead of what was asked for. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly body: unknown,
  ) {
    super(message);
  }
}

interface Problem {
  loc?: (string | number)[];
  msg?: string;
}

/** The server's own words, with the fields that it names. */
function words(status: number, body: unknown): string {
  if (body && typeof body === "object") {
    const { detail, exception_message, exception_detail } = body as Record<string, unknown>;
    const problems = Array.isArray(detail) ? detail : exception_detail;
    if (Array.isArray(problems) && problems.length) {
      return (problems as Problem[])
        .map(({ loc, msg }) => [loc?.filter((each) => each !== "body").join("."), msg].filter(Boolean).join(": "))
        .join("; ");
    }
    const text = detail ?? exception_message;
    if (typeof text === "string") return text;
    if (text) return JSON.stringify(text);
  }
  return typeof body === "string" && body ? body.slice(0, 300) : `The server answered ${status}.`;
}

const csrfClient = crypto.getRandomValues(new Uint32Array(4)).join("-");
let csrfToken: string | null = null;

async function send(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (csrfToken) Object.assign(headers, { "Prefect-Csrf-Token": csrfToken, "Prefect-Csrf-Client": csrfClient });
  try {
    return await fetch(API + path, {
      method,
      headers,
      signal,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "The server cannot be reached.", null);
  }
}

async function content(response: Response): Promise<unknown> {
  const text = await response.text();
  if (!text) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

async function failure(response: Response): Promise<ApiError> {
  const body = await content(response);
  if (response.status === 401) window.dispatchEvent(new Event("lictor-unauthorized"));
  return new ApiError(response.status, words(response.status, body), body);
}

/** A response that is fine; a CSRF token is fetched when the server asks for one, or for a new one. */
export async function request(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const response = await send(method, path, body, signal);
  if (response.ok) return response;
  const error = await failure(response);
  if (error.status === 403 && error.message.includes("CSRF")) {
    const token = (await (await send("GET", `csrf-token?client=${csrfClient}`, undefined)).json()) as { token: string };
    csrfToken = token.token;
    const again = await send(method, path, body, signal);
    if (again.ok) return again;
    throw await failure(again);
  }
  throw error;
}

async function json<T>(response: Response): Promise<T> {
  return (await content(response)) as T;
}

export const get = async <T>(path: string, signal?: AbortSignal) => json<T>(await request("GET", path, undefined, signal));

export const post = async <T>(path: string, body: unknown = {}, signal?: AbortSignal) =>
  json<T>(await request("POST", path, body, signal));

export const patch = async (path: string, body: unknown) => void (await request("PATCH", path, body));

export const put = async <T>(path: string, body: unknown) => json<T>(await request("PUT", path, body));

export const remove = async (path: string, body?: unknown) => void (await request("DELETE", path, body));

export interface Page<T> {
  rows: T[];
  next: string | null;
}

/** A page of a list, and the cursor of the next one. */
export async function page<T>(path: string, body: object, cursor: string, signal?: AbortSignal): Promise<Page<T>> {
  const response = await request("POST", path, { ...body, cursor }, signal);
  return { rows: (await response.json()) as T[], next: response.headers.get(NEXT_CURSOR) };
}
