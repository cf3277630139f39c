// HTTP to the admin API: every answer is a value, and an error says what the server said.
import * as token from './token';

export interface ApiError {
  status: number; // 0: there was no answer
  code: string;
  message: string;
  details: { field: string; problem: string }[];
}

export type Result<T> = { ok: true; value: T; size: number } | { ok: false; error: ApiError };

type Query = Record<string, string | number | boolean | undefined>;

const patience = 10_000; // milliseconds

// Who is asked. `base` empty: the proxy that the page came from.
export interface Server {
  base: string; // "http://127.0.0.1:8300"
  name: string; // in messages
}

const proxy: Server = { base: '', name: 'proxy' };

function noAnswer(message: string): ApiError {
  return { status: 0, code: 'NO_ANSWER', message, details: [] };
}

// Relative to the page, which may lie behind a path of its own.
function target(server: Server, path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return (server.base ? server.base + path : path.slice(1)) + (text ? `?${text}` : '');
}

function headers(more: Record<string, string> = {}): Record<string, string> {
  const known = token.current();
  return known ? { Authorization: `Bearer ${known}`, ...more } : more;
}

function errorOf(status: number, text: string): ApiError {
  try {
    const said = JSON.parse(text) as Partial<ApiError>;
    if (said.message) {
      return { status, code: said.code ?? '', message: said.message, details: said.details ?? [] };
    }
  } catch {
    // Something between the page and the proxy has answered.
  }
  return { status, code: '', message: `The server answered ${status}.`, details: [] };
}

async function call<T>(server: Server, method: string, path: string, query?: Query, body?: unknown): Promise<Result<T>> {
  const ending = new AbortController();
  const timer = setTimeout(() => ending.abort(), patience);
  try {
    const answer = await fetch(target(server, path, query), {
      method,
      headers: headers(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: ending.signal,
    });
    const text = await answer.text();
    if (!answer.ok) return { ok: false, error: errorOf(answer.status, text) };
    return { ok: true, value: JSON.parse(text) as T, size: text.length };
  } catch (fault) {
    const why = ending.signal.aborted
      ? `No answer within ${patience / 1000} s.`
      : `The ${server.name} cannot be reached.`;
    return { ok: false, error: noAnswer(fault instanceof SyntaxError ? 'The answer is no JSON.' : why) };
  } finally {
    clearTimeout(timer);
  }
}

export const get = <T>(path: string, query?: Query, server = proxy) => call<T>(server, 'GET', path, query);
export const post = <T>(path: string, body: unknown = {}, server = proxy) => call<T>(server, 'POST', path, undefined, body);
export const patch = <T>(path: string, body: unknown, server = proxy) => call<T>(server, 'PATCH', path, undefined, body);
export const remove = <T>(path: string) => call<T>(proxy, 'DELETE', path);

// A stream that is open, or why there is none. The caller ends it by `signal`, which is for this one.
export async function open(
  path: string,
  query: Query,
  lastEventId: string,
  signal: AbortSignal,
): Promise<Result<ReadableStream<Uint8Array>>> {
  const ending = new AbortController();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    ending.abort();
  }, patience);
  signal.addEventListener('abort', () => ending.abort());
  if (signal.aborted) ending.abort();
  try {
    const answer = await fetch(target(proxy, path, query), {
      headers: headers(lastEventId ? { 'Last-Event-ID': lastEventId } : {}),
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
      signal: ending.signal,
    });
    if (!answer.ok) return { ok: false, error: errorOf(answer.status, await answer.text()) };
    if (!answer.body) return { ok: false, error: noAnswer('The stream has no body.') };
    return { ok: true, value: answer.body, size: 0 };
  } catch {
    return { ok: false, error: noAnswer(late ? `No answer within ${patience / 1000} s.` : 'The proxy cannot be reached.') };
  } finally {
    clearTimeout(timer);
  }
}
