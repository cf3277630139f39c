// What there is instead of data: an error in the server's words, or nothing and what to do about it.
import type { ReactNode } from 'react';
import type { ApiError } from '../api/client';
import { visible } from './format';

export function ErrorNotice({ error }: { error: ApiError }) {
  const further = error.details.filter((one) => !error.message.includes(one.problem));
  return (
    <div className="notice bad" role="alert">
      <strong>{visible(error.message)}</strong>
      {error.status === 403 && <p>The token of this page has a role that may not do this.</p>}
      {further.length > 0 && (
        <ul>
          {further.map((one, i) => (
            <li key={i}>{visible(`${one.field}: ${one.problem}`)}</li>
          ))}
        </ul>
      )}
      {error.status > 0 && (
        <p className="faint">
          HTTP {error.status} {error.code}
        </p>
      )}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  );
}

export function Loading() {
  return (
    <p className="faint loading" role="status">
      Loading…
    </p>
  );
}
